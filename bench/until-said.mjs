const KEPT_CHARACTERS = 4000;

/**
 * Waits until a program that was started says that it is ready.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @param {import('node:stream').Readable} output of the child's that says it
 * @param {string} words
 * @returns {Promise<void>} rejected with the end of what it said when it ends before, or could not be started
 */
export function untilSaid(child, output, words) {
  return new Promise((resolve, reject) => {
    let told = '';
    output.on('data', (/** @type {Buffer} */ bytes) => {
      told = `${told}${bytes.toString()}`.slice(-KEPT_CHARACTERS);
      if (told.includes(words)) resolve();
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`${child.spawnfile} did not start: ${told}`)));
  });
}
