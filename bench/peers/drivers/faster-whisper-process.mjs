import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { adapterPython } from '../../../scripts/setup/adapter-environment.mjs';

const SERVICE = fileURLToPath(new URL('faster_whisper_service.py', import.meta.url));

/**
 * faster-whisper as a Node service has it: a Python process that is told paths.
 *
 * @param {import('../protocol.mjs').Load} load
 * @param {'plain' | 'batched'} pipeline
 * @returns {Promise<import('./serve.mjs').Opened>}
 */
export async function openFasterWhisper({ path, threads, atOnce }, pipeline) {
  const limits = { OMP_NUM_THREADS: String(threads), OPENBLAS_NUM_THREADS: String(threads) };
  const child = spawn(
    adapterPython('faster-whisper'),
    ['-B', SERVICE, path, String(threads), String(atOnce), pipeline],
    { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...limits } },
  );
  /** @type {Map<number, { resolve: (text: string) => void, reject: (error: Error) => void }>} */
  const asked = new Map();
  /** @type {(error?: Error) => void} */
  let loaded = () => undefined;
  const ready = new Promise((resolve, reject) => {
    loaded = (error) => (error ? reject(error) : resolve(undefined));
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    /** @type {{ kind: 'ready' } | { kind: 'unusable', error: string } | { id: number, text?: string, error?: string }} */
    const said = JSON.parse(line);
    if ('kind' in said) {
      loaded(said.kind === 'ready' ? undefined : new Error(said.error));
      return;
    }
    const request = asked.get(said.id);
    asked.delete(said.id);
    if (said.error === undefined) request?.resolve(said.text ?? '');
    else request?.reject(new Error(said.error));
  });
  child.once('exit', (code, signal) => {
    const error = new Error(`Python ended with ${signal ?? `code ${code}`}.`);
    loaded(error);
    for (const request of asked.values()) request.reject(error);
  });
  await ready;

  let next = 0;
  return {
    canAbort: false,
    transcribe: (file) =>
      new Promise((resolve, reject) => {
        const id = next++;
        asked.set(id, { resolve, reject });
        child.stdin.write(`${JSON.stringify({ id, path: file })}\n`);
      }),
    close: () => void child.stdin.end(),
  };
}
