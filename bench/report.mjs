// All published results as one page: `npm run report`. With --plots also the plots of the README, in bench/results/plots.
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { reportPage } from './report/page.mjs';
import { PLOTS, readPublished } from './report/published.mjs';
import { README_PLOTS } from './report/readme-plots.mjs';

const PAGE = new URL('../build/report/index.html', import.meta.url);

const published = readPublished();
const drawn = README_PLOTS.flatMap(({ name, benchmark, draw }) => {
  const result = published.results.find((each) => each.benchmark === benchmark);
  const svg = result && draw(result);
  if (svg === undefined) console.error(`${name} cannot be drawn before \`npm run bench -- ${benchmark}\`.`);
  return svg === undefined ? [] : [{ name, svg }];
});
if (process.argv.includes('--plots')) {
  await mkdir(PLOTS, { recursive: true });
  for (const { name, svg } of drawn) await writeFile(new URL(`${name}.svg`, PLOTS), svg);
}
await mkdir(new URL('./', PAGE), { recursive: true });
await writeFile(PAGE, reportPage(published, drawn));
console.log(fileURLToPath(PAGE));
