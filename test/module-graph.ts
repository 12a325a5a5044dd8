import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import typescript from 'typescript';

const root = new URL('../', import.meta.url);

/** All that is named by the compiled files which loading this one may load; those of ours are followed. */
export function reachableFrom(entry: string): { files: string[]; named: string[] } {
  const files = new Set([fileURLToPath(new URL(entry, root))]);
  const named = new Set<string>();
  for (const file of files) {
    for (const { fileName: name } of typescript.preProcessFile(readFileSync(file, 'utf8')).importedFiles) {
      if (name.startsWith('.')) files.add(fileURLToPath(new URL(name, `file://${file}`)));
      else named.add(name);
    }
  }
  return { files: [...files].map((file) => file.slice(fileURLToPath(root).length)), named: [...named] };
}

/** The packages among them. */
export function packagesOf(entry: string): string[] {
  const packages = reachableFrom(entry).named.filter((name) => !name.startsWith('node:'));
  return [...new Set(packages.map((name) => /^(?:@[^/]+\/)?[^/]+/u.exec(name)?.[0] ?? name))].sort();
}
