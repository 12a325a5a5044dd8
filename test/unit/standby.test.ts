import { describe, expect, test } from 'vitest';
import { EngineError } from '../../dist/errors.js';
import { Standby } from '../../dist/pool/standby.js';
import type { Capabilities, Provider, Recognizer } from '../../dist/provider/provider.js';
import type { Chunk } from '../../dist/provider/recognition.js';
import { ManualClock } from '../manual-clock.js';
import { english, noticed, ScriptedSlots } from './scripted-slots.js';

function chunkOf(prompt: string, more: Partial<Chunk> = {}): Chunk {
  return { ...english, pcm: new Float32Array(16_000), speechEndSeconds: 1, prompt, ...more };
}

const capabilities: Capabilities = {
  languages: ['en'],
  wordTimes: true,
  translate: false,
  abort: true,
  streaming: false,
  formats: ['f32le-16000-mono'],
};
const model = { name: 'scripted', variant: 'f16', path: '/scripted' };

interface Opening {
  readonly signal: AbortSignal | undefined;
  succeed(): void;
  fail(error: Error): void;
}

/** A provider that opens and decodes when a test says so. */
function world({ warm = () => Promise.resolve() }: { readonly warm?: () => Promise<void> } = {}) {
  const clock = new ManualClock();
  const slots = new ScriptedSlots(9, clock);
  const openings: Opening[] = [];
  let closed = 0;
  const recognizer: Recognizer = {
    model,
    capabilities,
    decode: (chunk) => slots.decode(chunk),
    warm,
    close: () => {
      closed += 1;
      return Promise.resolve();
    },
  };
  const provider: Provider = {
    name: 'other',
    probe: () => Promise.resolve({ kind: 'available', version: '1', backend: 'none' }),
    open: (_plan, signal) =>
      new Promise((resolve, reject) => {
        openings.push({ signal, succeed: () => resolve(recognizer), fail: reject });
      }),
  };
  const standby = new Standby(provider, { slots: 9, threadsPerSlot: 1 }, clock);
  return { clock, slots, standby, openings, closings: () => closed };
}

describe('a provider that stands by', () => {
  test('is opened once by all who need it, and its name is on what it decodes', async () => {
    const { standby, openings, slots } = world();
    const decodes = ['one', 'two'].map((prompt) => standby.decode(chunkOf(prompt)).outcome);
    openings[0]?.succeed();
    await noticed();
    for (const decode of [...slots.running]) decode.finish();
    expect(await Promise.all(decodes)).toMatchObject([
      { provider: 'other', model },
      { provider: 'other', model },
    ]);
    expect(openings).toHaveLength(1);
  });

  test('a chunk does not wait for its opening longer than its deadline', async () => {
    const { standby, openings, clock, slots } = world();
    const { outcome } = standby.decode(chunkOf('late', { deadlineAtSeconds: 2 }));
    clock.advance(2);
    await expect(outcome).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    openings[0]?.succeed();
    await noticed();
    expect([slots.begun, clock.pending]).toEqual([[], 0]);
  });

  test('a chunk that is stopped does not wait for its opening, which goes on for others', async () => {
    const { standby, openings, slots } = world();
    const stopped = standby.decode(chunkOf('stopped'));
    void standby.decode(chunkOf('wanted'));
    stopped.stop();
    await expect(stopped.outcome).rejects.toMatchObject({ code: 'ABORTED' });
    openings[0]?.succeed();
    await noticed();
    expect(slots.begunPrompts).toEqual(['wanted']);
  });

  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8])('a chunk that is stopped %i turns after the opening ends', async (turns) => {
    const { standby, openings, slots } = world();
    const { outcome, stop } = standby.decode(chunkOf('stopped'));
    await noticed();
    openings[0]?.succeed();
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    stop();
    const stopping = slots.begun.map(({ isStopped }) => isStopped);
    for (const decode of [...slots.running]) decode.fail(new EngineError('ABORTED', 'It was stopped.'));
    await expect(outcome).rejects.toMatchObject({ code: 'ABORTED' });
    expect(stopping).not.toContain(false);
  });

  test.each<[what: string, error: Error]>([
    ['a provider that says so', new EngineError('PROVIDER_UNAVAILABLE', 'Python is missing.')],
    ['a model that is broken', new EngineError('MODEL_CORRUPT', 'Python is missing.')],
    ['anything that a user’s provider throws', new TypeError('Python is missing.')],
  ])('cannot be had, for %s', async (_what, error) => {
    const { standby, openings } = world();
    const { outcome } = standby.decode(chunkOf('hello'));
    openings[0]?.fail(error);
    await expect(outcome).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      message: 'other could not be opened: Python is missing.',
      cause: error,
    });
  });

  test('is not opened again before its first trial, however often it is asked', async () => {
    const { standby, openings, clock } = world();
    const ask = () => expect(standby.decode(chunkOf('hello')).outcome).rejects.toThrow('No.');
    const first = ask();
    openings[0]?.fail(new Error('No.'));
    await first;
    await ask();
    clock.advance(4.9);
    await ask();
    expect(openings).toHaveLength(1);
    clock.advance(0.1);
    const again = ask();
    expect(openings).toHaveLength(2);
    openings[1]?.fail(new Error('No.'));
    await again;
    clock.advance(4.9);
    await ask();
    expect(openings).toHaveLength(2);
  });

  test('is freed when it cannot be warmed', async () => {
    const { standby, openings, closings } = world({ warm: () => Promise.reject(new Error('Out of memory.')) });
    const opened = standby.open();
    openings[0]?.succeed();
    await expect(opened).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    expect(closings()).toBe(1);
  });

  test('says what it cannot do, as soon as that is known', async () => {
    const { standby, openings } = world();
    const german = chunkOf('hallo', { language: 'de' });
    expect(standby.suits(german)).toBe(true);
    const { outcome } = standby.decode(german);
    openings[0]?.succeed();
    await expect(outcome).rejects.toMatchObject({ code: 'LANGUAGE_UNSUPPORTED' });
    expect([standby.suits(german), standby.suits(chunkOf('', { translate: true }))]).toEqual([false, false]);
    expect(standby.suits(chunkOf('hello'))).toBe(true);
  });

  test('that is closed while it opens gives that up', async () => {
    const { standby, openings } = world();
    const opened = standby.open();
    const closed = standby.close();
    expect(openings[0]?.signal?.aborted).toBe(true);
    openings[0]?.fail(new Error('The start was given up.'));
    await expect(opened).rejects.toMatchObject({ code: 'ABORTED' });
    await closed;
  });

  test('that was opened all the same when it was closed is freed', async () => {
    const { standby, openings, closings } = world();
    void standby.open();
    const closed = standby.close();
    openings[0]?.succeed();
    await closed;
    expect(closings()).toBe(1);
  });

  test('that was closed is never opened', async () => {
    const { standby, openings } = world();
    await standby.close();
    await expect(standby.decode(chunkOf('hello')).outcome).rejects.toMatchObject({ code: 'ABORTED' });
    expect(openings).toEqual([]);
  });
});
