import { mkdir, writeFile } from 'node:fs/promises';

const PUBLISHED = new URL('../results/plots/', import.meta.url);
const TRIAL = new URL('../../build/bench-plots/', import.meta.url);

/**
 * @param {Readonly<Record<string, string>>} plots SVG by name
 * @param {boolean} isTrial whether they are only to be looked at, in build/bench-plots
 */
export async function writePlots(plots, isTrial) {
  const folder = isTrial ? TRIAL : PUBLISHED;
  await mkdir(folder, { recursive: true });
  for (const [name, svg] of Object.entries(plots)) await writeFile(new URL(`scale-${name}.svg`, folder), svg);
}
