import { describe, expect, test } from 'vitest';
import { EngineError, type EngineErrorCode } from '../../dist/errors.js';
import { Failover, type FailoverOptions, type ProviderChange } from '../../dist/pool/failover.js';
import { type Comparison, SecondOpinion } from '../../dist/pool/second-opinion.js';
import type { Chunk } from '../../dist/provider/recognition.js';
import { ManualClock } from '../manual-clock.js';
import { english, noticed, recognitionOf, ScriptedSlots } from './scripted-slots.js';

function chunkOf(prompt: string, more: Partial<Chunk> = {}): Chunk {
  return { ...english, pcm: new Float32Array(16_000), speechEndSeconds: 1, prompt, ...more };
}

/** Providers whose decodes end when a test says so. */
function world(
  names: readonly string[],
  { closed, ...options }: Partial<FailoverOptions> & { readonly closed?: string } = {},
) {
  const clock = new ManualClock();
  const slots = new Map(names.map((name) => [name, new ScriptedSlots(9, clock)]));
  const changes: ProviderChange[] = [];
  const members = [...slots].map(([name, own]) => ({
    name,
    isOpen: closed !== name,
    suits: ({ language }: Pick<Chunk, 'language'>) => language === 'en' || name === 'first',
    decode: (chunk: Chunk) => own.decode(chunk),
  }));
  const trialChunk = () => Promise.resolve(chunkOf('trial'));
  const onChange = (change: ProviderChange) => changes.push(change);
  const failover = new Failover({ members, clock, trialChunk, onChange, ...options });
  const slotsOf = (name: string) => slots.get(name) ?? new ScriptedSlots(0, clock);
  const gone = (name: string) => {
    for (const member of members) if (member.name === name) failover.gone(member, `${name} is gone.`);
  };
  const states = () => failover.readings.map(({ name, state }) => `${name} ${state}`).join(', ');
  /** The first fails five chunks, which the second decodes. */
  const failFirst = async () => {
    for (const prompt of ['1', '2', '3', '4', '5']) {
      const { outcome } = failover.decode(chunkOf(prompt));
      slotsOf('first').decodeOf(prompt).fail(error('DECODE_FAILED'));
      await noticed();
      slotsOf('second').decodeOf(prompt).finish();
      await outcome;
    }
  };
  return { clock, failover, slotsOf, changes, gone, states, failFirst };
}

function error(code: EngineErrorCode): EngineError {
  return new EngineError(code, `It was ${code}.`);
}

async function textOf(outcome: ReturnType<Failover['decode']>['outcome']): Promise<string> {
  return (await outcome).recognition.segments.map(({ text }) => text.trim()).join(' ');
}

describe('failover', () => {
  test('the first provider decodes while it is well', async () => {
    const { failover, slotsOf, changes, states } = world(['first', 'second']);
    const { outcome } = failover.decode(chunkOf('hello'));
    slotsOf('first').decodeOf('hello').finish();
    expect(await textOf(outcome)).toBe('hello');
    expect([slotsOf('second').begun.length, changes, states()]).toEqual([0, [], 'first serving, second ready']);
  });

  test.each<EngineErrorCode>(['WORKER_DIED', 'DECODE_FAILED', 'PROVIDER_UNAVAILABLE', 'INTERNAL', 'MODEL_LOAD_FAILED'])(
    'a chunk that the first failed with %s is decoded by the second',
    async (code) => {
      const { failover, slotsOf } = world(['first', 'second']);
      const { outcome } = failover.decode(chunkOf('hello', { deadlineAtSeconds: 7 }));
      slotsOf('first').decodeOf('hello').fail(error(code));
      await noticed();
      expect(slotsOf('second').decodeOf('hello').chunk.deadlineAtSeconds).toBe(7);
      slotsOf('second').decodeOf('hello').finish(recognitionOf(' from the second'));
      expect(await textOf(outcome)).toBe('from the second');
    },
  );

  test.each<EngineErrorCode>(['ABORTED', 'DEADLINE_EXCEEDED', 'AUDIO_INVALID', 'ENGINE_CLOSED'])(
    '%s is nobody’s fault: it is the answer',
    async (code) => {
      const { failover, slotsOf, states } = world(['first', 'second']);
      for (const prompt of ['1', '2', '3', '4', '5', '6']) {
        const { outcome } = failover.decode(chunkOf(prompt));
        slotsOf('first').decodeOf(prompt).fail(error(code));
        await expect(outcome).rejects.toMatchObject({ code });
      }
      expect([slotsOf('second').begun.length, states()]).toEqual([0, 'first serving, second ready']);
    },
  );

  test('a chunk that both fail is given back, with what the second said', async () => {
    const { failover, slotsOf } = world(['first', 'second', 'third']);
    const { outcome } = failover.decode(chunkOf('poison'));
    slotsOf('first').decodeOf('poison').die();
    await noticed();
    slotsOf('second').decodeOf('poison').fail(error('DECODE_FAILED'));
    await expect(outcome).rejects.toMatchObject({ code: 'DECODE_FAILED' });
    expect(slotsOf('third').begun).toEqual([]);
  });

  test('what was stopped is not tried elsewhere', async () => {
    const { failover, slotsOf } = world(['first', 'second']);
    const { outcome, stop } = failover.decode(chunkOf('hello'));
    stop();
    expect(slotsOf('first').decodeOf('hello').isStopped).toBe(true);
    slotsOf('first').decodeOf('hello').die();
    await expect(outcome).rejects.toMatchObject({ code: 'WORKER_DIED' });
    expect(slotsOf('second').begun).toEqual([]);
  });

  test('a stop reaches the second, too', async () => {
    const { failover, slotsOf } = world(['first', 'second']);
    const { outcome, stop } = failover.decode(chunkOf('hello'));
    slotsOf('first').decodeOf('hello').die();
    await noticed();
    stop();
    expect(slotsOf('second').decodeOf('hello').isStopped).toBe(true);
    slotsOf('second').decodeOf('hello').fail(error('ABORTED'));
    await expect(outcome).rejects.toMatchObject({ code: 'ABORTED' });
  });

  test('a provider that fails five times in a row is asked no more, and that is said once', async () => {
    const { failover, slotsOf, changes, states, failFirst } = world(['first', 'second']);
    await failFirst();
    const { outcome } = failover.decode(chunkOf('hello'));
    expect(slotsOf('first').running).toEqual([]);
    slotsOf('second').decodeOf('hello').finish();
    expect(await textOf(outcome)).toBe('hello');
    expect(changes).toEqual([{ from: 'first', to: 'second', reason: 'first is out. It failed 5 times in a row.' }]);
    expect(states()).toBe('first out, second serving');
  });

  test('it serves again after three synthetic jobs, and only then', async () => {
    const { clock, failover, slotsOf, changes, states, failFirst } = world(['first', 'second']);
    await failFirst();
    clock.advance(5);
    for (const job of [1, 2, 3]) {
      await noticed();
      expect([job, states()]).toEqual([job, 'first on-trial, second serving']);
      void failover.decode(chunkOf(`beside ${job}`));
      expect(slotsOf('second').runningPrompts).toContain(`beside ${job}`);
      slotsOf('first').decodeOf('trial').finish();
    }
    await noticed();
    expect(states()).toBe('first serving, second ready');
    expect(changes.at(-1)).toEqual({
      from: 'second',
      to: 'first',
      reason: 'first has decoded 3 synthetic jobs and serves again.',
    });
  });

  test.each([
    ['fails', (slots: ScriptedSlots) => slots.decodeOf('trial').fail(error('DECODE_FAILED'))],
    ['gives no text', (slots: ScriptedSlots) => slots.decodeOf('trial').finish(recognitionOf('', { segments: [] }))],
  ])('a trial that %s is made again later, and nobody is told', async (_, end) => {
    const { clock, slotsOf, changes, states, failFirst } = world(['first', 'second']);
    await failFirst();
    clock.advance(5);
    await noticed();
    end(slotsOf('first'));
    await noticed();
    expect([states(), changes.length]).toEqual(['first out, second serving', 1]);
    clock.advance(9.9);
    await noticed();
    expect(slotsOf('first').running).toEqual([]);
    clock.advance(0.1);
    await noticed();
    expect(slotsOf('first').runningPrompts).toEqual(['trial']);
  });

  test('while the first is started again after a death, the second decodes', async () => {
    const { clock, failover, slotsOf, states } = world(['first', 'second']);
    for (const [death, restartSeconds] of [2, 4].entries()) {
      const { outcome } = failover.decode(chunkOf('deadly'));
      slotsOf('first').decodeOf('deadly').die();
      await noticed();
      slotsOf('second').decodeOf('deadly').finish();
      await outcome;
      clock.advance(restartSeconds - 0.1);
      void failover.decode(chunkOf(`meanwhile ${death}`));
      expect(slotsOf('second').runningPrompts).toContain(`meanwhile ${death}`);
      clock.advance(0.1);
    }
    expect(states()).toBe('first serving, second ready');
    void failover.decode(chunkOf('later'));
    expect(slotsOf('first').runningPrompts).toEqual(['later']);
  });

  test('a second that is not open yet is not waited for instead', async () => {
    const { failover, slotsOf } = world(['first', 'second'], { closed: 'second' });
    void failover.decode(chunkOf('deadly'));
    slotsOf('first').decodeOf('deadly').die();
    await noticed();
    void failover.decode(chunkOf('next'));
    expect(slotsOf('first').runningPrompts).toEqual(['next']);
  });

  test('what the second cannot do waits for nobody: the first is asked although it is out', async () => {
    const { failover, slotsOf, failFirst } = world(['first', 'second']);
    await failFirst();
    void failover.decode(chunkOf('hallo', { language: 'de' }));
    expect(slotsOf('first').runningPrompts).toEqual(['hallo']);
  });

  test('with all of them out the first is asked: there is nothing to lose', () => {
    const { failover, slotsOf, gone, states } = world(['first', 'second']);
    gone('first');
    gone('second');
    void failover.decode(chunkOf('hello'));
    expect(slotsOf('first').runningPrompts).toEqual(['hello']);
    expect(states()).toBe('first out, second out');
  });

  test('a language that the first turns out not to speak is the second’s, and nobody’s fault', async () => {
    const { failover, slotsOf, states } = world(['first', 'second']);
    for (const prompt of ['1', '2', '3', '4', '5', '6']) {
      const { outcome } = failover.decode(chunkOf(prompt));
      slotsOf('first').decodeOf(prompt).fail(error('LANGUAGE_UNSUPPORTED'));
      await noticed();
      slotsOf('second').decodeOf(prompt).finish();
      await outcome;
    }
    expect(states()).toBe('first serving, second ready');
  });

  test('one that throws where it should reject has failed as well', async () => {
    const clock = new ManualClock();
    const slots = new ScriptedSlots(9, clock);
    const members = [
      {
        name: 'first',
        isOpen: true,
        suits: () => true,
        decode: () => {
          throw new TypeError('It is not a function.');
        },
      },
      { name: 'second', isOpen: true, suits: () => true, decode: (chunk: Chunk) => slots.decode(chunk) },
    ];
    const common = { members, clock, trialChunk: () => Promise.resolve(chunkOf('trial')), onChange: () => undefined };
    for (const isRace of [false, true]) {
      const failover = new Failover({ ...common, isRace });
      const { outcome } = failover.decode(chunkOf('hello'));
      await noticed();
      slots.decodeOf('hello').finish();
      expect(await textOf(outcome)).toBe('hello');
      expect(failover.readings[0]).toMatchObject({ failures: 1 });
    }
  });

  test('a trial that is under way is stopped when it is closed, and not made again', async () => {
    const { clock, failover, slotsOf, failFirst } = world(['first', 'second']);
    await failFirst();
    clock.advance(5);
    await noticed();
    failover.close();
    const trial = slotsOf('first').decodeOf('trial');
    expect(trial.isStopped).toBe(true);
    trial.fail(error('ABORTED'));
    await noticed();
    expect([clock.pending, slotsOf('first').running]).toEqual([0, []]);
  });

  test('no trial is begun after it was closed', async () => {
    const { clock, failover, slotsOf, failFirst } = world(['first', 'second']);
    await failFirst();
    failover.close();
    clock.advance(100);
    await noticed();
    expect(slotsOf('first').running).toEqual([]);
  });
});

describe('a race', () => {
  test.each([
    ['first', 'second'],
    ['second', 'first'],
  ])('the %s is faster: its text counts, and the %s is stopped', async (faster, slower) => {
    const { failover, slotsOf } = world(['first', 'second'], { isRace: true });
    const { outcome } = failover.decode(chunkOf('hello'));
    slotsOf(faster)
      .decodeOf('hello')
      .finish(recognitionOf(` ${faster}`));
    await noticed();
    expect(slotsOf(slower).decodeOf('hello').isStopped).toBe(true);
    slotsOf(slower).decodeOf('hello').fail(error('ABORTED'));
    expect(await textOf(outcome)).toBe(faster);
  });

  test('the text waits until the first has let go of the memory', async () => {
    const { failover, slotsOf } = world(['first', 'second'], { isRace: true });
    let isSettled = false;
    const { outcome } = failover.decode(chunkOf('hello'));
    void outcome.finally(() => {
      isSettled = true;
    });
    slotsOf('second').decodeOf('hello').finish();
    await noticed();
    expect(isSettled).toBe(false);
    slotsOf('first').decodeOf('hello').fail(error('ABORTED'));
    await outcome;
  });

  test('one that fails loses', async () => {
    const { failover, slotsOf } = world(['first', 'second'], { isRace: true });
    const { outcome } = failover.decode(chunkOf('hello'));
    slotsOf('first').decodeOf('hello').die();
    await noticed();
    slotsOf('second').decodeOf('hello').finish(recognitionOf(' second'));
    expect(await textOf(outcome)).toBe('second');
  });

  test('when both fail, that is the answer', async () => {
    const { failover, slotsOf } = world(['first', 'second'], { isRace: true });
    const { outcome } = failover.decode(chunkOf('hello'));
    slotsOf('second').decodeOf('hello').fail(error('DECODE_FAILED'));
    slotsOf('first').decodeOf('hello').die();
    await expect(outcome).rejects.toMatchObject({ code: 'WORKER_DIED' });
  });
});

describe('a second opinion', () => {
  function opinions(share: number) {
    const clock = new ManualClock();
    const other = new ScriptedSlots(1, clock);
    const comparisons: Comparison[] = [];
    const failures: EngineError[] = [];
    const opinion = new SecondOpinion({
      name: 'other',
      decode: (chunk) => other.decode(chunk),
      share,
      onComparison: (comparison) => comparisons.push(comparison),
      onFailure: (failure) => failures.push(failure),
    });
    const outcome = { recognition: recognitionOf(' ask not what'), startedAtSeconds: 0 };
    return { opinion, other, comparisons, failures, outcome };
  }

  test('it says how many words differ', async () => {
    const { opinion, other, comparisons, outcome } = opinions(1);
    opinion.consider(chunkOf('hello'), outcome);
    other.decodeOf('hello').finish(recognitionOf(' ask not that', { decodeSeconds: 0.25 }));
    await noticed();
    expect(comparisons).toEqual([
      {
        audioSeconds: 1,
        provider: 'other',
        text: 'ask not that',
        decodeSeconds: 0.25,
        servingProvider: 'whisper-cpp',
        servingText: 'ask not what',
        servingDecodeSeconds: 0.5,
        wordDifference: 1 / 3,
      },
    ]);
  });

  test('it hears its share of the chunks', async () => {
    const { opinion, other, outcome } = opinions(0.25);
    for (let number = 1; number <= 12; number += 1) {
      opinion.consider(chunkOf(String(number)), outcome);
      for (const decode of [...other.running]) decode.finish();
      await noticed();
    }
    expect(other.begunPrompts).toEqual(['4', '8', '12']);
  });

  test('it has audio of its own: the chunk’s memory may go on to somebody else', () => {
    const { opinion, outcome } = opinions(1);
    const heard: Float32Array[] = [];
    const spying = new SecondOpinion({
      name: 'other',
      decode: ({ pcm }) => {
        heard.push(pcm);
        return { outcome: new Promise(() => undefined), stop: () => undefined };
      },
      share: 1,
      onComparison: () => undefined,
      onFailure: () => undefined,
    });
    const chunk = chunkOf('hello');
    chunk.pcm.fill(0.5);
    spying.consider(chunk, outcome);
    chunk.pcm.fill(0);
    expect(heard.map(([sample]) => sample)).toEqual([0.5]);
    opinion.close();
  });

  test('one at a time, so that it never piles up', () => {
    const { opinion, other, outcome } = opinions(1);
    for (const prompt of ['1', '2', '3']) opinion.consider(chunkOf(prompt), outcome);
    expect(other.begunPrompts).toEqual(['1']);
  });

  test('it does not compare with itself, when it is who took over', () => {
    const { opinion, other, outcome } = opinions(1);
    opinion.consider(chunkOf('hello'), { ...outcome, provider: 'other' });
    expect(other.begun).toEqual([]);
  });

  test('what it was doing when it was closed is no failure', async () => {
    const { opinion, other, failures, outcome } = opinions(1);
    opinion.consider(chunkOf('hello'), outcome);
    opinion.close();
    expect(other.decodeOf('hello').isStopped).toBe(true);
    other.decodeOf('hello').fail(error('ABORTED'));
    await noticed();
    expect(failures).toEqual([]);
  });

  test('a failure is said, and harms nobody', async () => {
    const { opinion, other, failures, comparisons, outcome } = opinions(1);
    opinion.consider(chunkOf('hello'), outcome);
    other.decodeOf('hello').fail(error('DECODE_FAILED'));
    await noticed();
    expect([failures.map(({ code }) => code), comparisons]).toEqual([['DECODE_FAILED'], []]);
  });
});
