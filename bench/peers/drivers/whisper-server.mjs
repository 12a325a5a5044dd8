import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../free-port.mjs';
import { whisperCppProgram } from '../place.mjs';
import { serve } from './serve.mjs';

const ASK_AGAIN_MILLISECONDS = 10;

serve(async ({ path, threads }) => {
  const port = await freePort();
  const options = ['-m', path, '-t', String(threads), '--host', '127.0.0.1', '--port', String(port)];
  const child = spawn(whisperCppProgram('whisper-server'), options, { stdio: ['ignore', 'ignore', 'inherit'] });
  const url = `http://127.0.0.1:${port}`;
  while (!(await isReady(url))) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`whisper-server ended with ${child.signalCode ?? `code ${child.exitCode}`}.`);
    }
    await sleep(ASK_AGAIN_MILLISECONDS);
  }
  return {
    canAbort: true,
    async transcribe(file, signal) {
      const form = new FormData();
      form.set('file', new Blob([await readFile(file)]), 'clip.wav');
      form.set('response_format', 'text');
      const response = await fetch(`${url}/inference`, { method: 'POST', body: form, signal });
      const text = await response.text();
      if (!response.ok) throw new Error(`HTTP ${response.status}: ${text}`);
      return text;
    },
    close: () => void child.kill(),
  };
});

/** @param {string} url */
async function isReady(url) {
  const response = await fetch(`${url}/health`).catch(() => undefined);
  return response?.ok === true;
}
