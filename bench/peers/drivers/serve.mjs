import { writeSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const ANSWERS = 3; // a descriptor of its own, because some peers print to stdout
const RESOLUTION_MS = 1;

/**
 * A peer with its model, ready for work.
 *
 * @typedef {object} Opened
 * @property {(path: string, signal: AbortSignal) => Promise<string>} transcribe a 16 kHz mono s16 WAV file; the text
 * @property {boolean} canAbort whether it knows a way to stop a job
 * @property {() => Promise<void> | void} close
 */

/** @typedef {(load: import('../protocol.mjs').Load) => Promise<Opened> | Opened} Open */

/**
 * Makes a peer answer the benchmark: a JSON line in, a JSON line out, one request at a time.
 *
 * @param {Open} open
 */
export function serve(open) {
  /** @type {Opened | undefined} */
  let opened;
  const must = () => {
    if (!opened) throw new Error('No model is loaded.');
    return opened;
  };

  /**
   * @param {import('../protocol.mjs').Request} request
   * @returns {Promise<import('../protocol.mjs').Done>}
   */
  async function answer(request) {
    switch (request.command) {
      case 'load':
        opened = await open(request);
        return { kind: 'loaded' };
      case 'transcribe':
        return await transcribe(must(), request);
      case 'abort':
        return await abort(must(), request);
    }
  }

  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    answer(JSON.parse(line)).then(tell, (/** @type {unknown} */ error) =>
      tell({ kind: 'error', message: said(error) }),
    );
  });
  lines.on('close', () => {
    void Promise.resolve(opened?.close()).finally(() => process.exit());
  });
}

/** @param {import('../protocol.mjs').Answer} answer */
function tell(answer) {
  writeSync(ANSWERS, `${JSON.stringify(answer)}\n`);
}

/**
 * @param {Opened} opened
 * @param {import('../protocol.mjs').Transcribe} request
 * @returns {Promise<import('../protocol.mjs').Transcribed>}
 */
async function transcribe(opened, { paths, atOnce, forSeconds }) {
  /** @type {import('../protocol.mjs').Heard[]} */
  const heard = [];
  const waiting = [...paths];
  const { signal } = new AbortController();
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const start = performance.now();
  const one = async () => {
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
      const from = performance.now();
      /** @type {{ text: string } | { error: string }} */
      const outcome = await opened.transcribe(path, signal).then(
        (text) => ({ text: text.trim() }),
        (/** @type {unknown} */ error) => ({ error: said(error) }),
      );
      heard.push({ path, seconds: (performance.now() - from) / 1000, ...outcome });
    }
  };
  const all = Promise.all(Array.from({ length: atOnce }, one));
  await Promise.race([all, sleep(1000 * forSeconds)]);
  waiting.length = 0;
  delay.disable();
  return {
    kind: 'transcribed',
    heard: [...heard],
    seconds: (performance.now() - start) / 1000,
    loopDelayMilliseconds: delay.percentile(99) / 1e6,
  };
}

/**
 * @param {Opened} opened
 * @param {import('../protocol.mjs').Abort} request
 * @returns {Promise<import('../protocol.mjs').Aborted>}
 */
async function abort(opened, { path, afterSeconds, patienceSeconds }) {
  if (!opened.canAbort) return { kind: 'aborted', how: 'has none', seconds: 0 };
  const controller = new AbortController();
  const settled = opened.transcribe(path, controller.signal).then(
    () => /** @type {const} */ ('finished'),
    () => /** @type {const} */ ('settled'),
  );
  await sleep(1000 * afterSeconds);
  const abortedAt = performance.now();
  controller.abort();
  const never = sleep(1000 * patienceSeconds, /** @type {const} */ ('never settles'));
  const how = await Promise.race([settled, never]);
  return { kind: 'aborted', how, seconds: (performance.now() - abortedAt) / 1000 };
}

/** @param {unknown} error */
function said(error) {
  return error instanceof Error ? error.message : String(error);
}
