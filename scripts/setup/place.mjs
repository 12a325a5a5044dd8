import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of whisperpool's package.json: a checkout, or an installed package. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * A path inside the package.
 * @param {...string} parts
 */
export function place(...parts) {
  return join(root, ...parts);
}

/** True in a clone of the repository; the published package has neither the lock file nor the sources. */
export function isCheckout() {
  return existsSync(place('package-lock.json')) && existsSync(place('src'));
}
