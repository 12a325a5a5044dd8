import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Budget } from '../../bench/peers/budget.mjs';
import { abortText, lastWords, outcomeText, overloadText, truncatedModelText } from '../../bench/peers/outcome.mjs';
import { errorsOf, standingFigures, timeRatios } from '../../bench/peers/standing.mjs';
import { OURS, PEERS, peersNamed } from '../../bench/peers/table.mjs';
import { realTimeFactor, timesRealTime } from '../../bench/peers/tables.mjs';
import { summarised } from '../../bench/peers/trial.mjs';
import { verdict } from '../../bench/result.mjs';

type Sample = Parameters<typeof realTimeFactor>[0];
type Heard = Sample['heard'][number];

const english = [
  { path: '/clips/one.wav', seconds: 5, reference: 'a gold ring' },
  { path: '/clips/two.wav', seconds: 10, reference: 'small children came' },
];
const audio = { cold: english[0], speed: english, english, long: english[1] } as Parameters<
  typeof standingFigures
>[0]['audio'];

function sample(changes: Partial<Sample>): Sample {
  return {
    peer: OURS.name,
    model: 'tiny.en',
    threads: 1,
    atOnce: 1,
    failure: undefined,
    coldSeconds: undefined,
    heard: [],
    seconds: 0,
    loopDelayMilliseconds: undefined,
    memoryMebibytes: undefined,
    ...changes,
  };
}

function heard(clip: string, seconds: number, text = ''): Heard {
  return { clip, seconds, text };
}

const bothIn = (one: number, two: number) => [
  heard('one', one, 'A gold ring.'),
  heard('two', two, 'Small children came.'),
];

describe('the table of peers', () => {
  test('has a driver for each of them, and no name twice', () => {
    const all = [OURS, ...PEERS].map(({ name }) => name);
    expect(new Set(all).size).toBe(all.length);
    expect(
      all.filter((name) => !existsSync(new URL(`../../bench/peers/drivers/${name}.mjs`, import.meta.url))),
    ).toEqual([]);
  });

  test('pins every package to one version', () => {
    const pinned = PEERS.flatMap(({ origin }) => ('version' in origin ? [origin.version] : []));
    expect(pinned.length).toBeGreaterThan(0);
    expect(pinned.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  test('gives the peers that are named, and says which it does not know', () => {
    expect(peersNamed([])).toEqual(PEERS);
    expect(peersNamed(['whisper-cli']).map(({ name }) => name)).toEqual(['whisper-cli']);
    expect(() => peersNamed(['whisper-cli', 'nobody'])).toThrow('There is no peer nobody;');
  });
});

describe('what came of a question, in words', () => {
  test.each([
    ['an error', { kind: 'refused', message: 'GLIBC_2.38\nnot found' }, 'error: GLIBC_2.38 not found'],
    ['a crash', { kind: 'crashed', how: 'SIGSEGV', lastWords: '' }, 'crash: SIGSEGV'],
    ['a crash with words', { kind: 'crashed', how: 'exit code 1', lastWords: 'no' }, 'crash: exit code 1, no'],
    ['silence', { kind: 'late', seconds: 45 }, 'not finished in 45 s'],
  ] as const)('%s', (_what, outcome, text) => {
    expect(outcomeText(outcome)).toBe(text);
  });

  test('places of the machine are left out, and only the end of much is kept', () => {
    expect(lastWords('in /home/somebody/node_modules/x.node: no')).toBe('in x.node: no');
    expect(lastWords('decoder/embeddings/weight')).toBe('decoder/embeddings/weight');
    expect(lastWords('a'.repeat(500))).toHaveLength(160);
  });

  const loaded = { kind: 'answer', answer: { kind: 'loaded' } } as const;
  const said = (words: { text: string } | { error: string }) =>
    ({
      kind: 'answer',
      answer: {
        kind: 'transcribed',
        seconds: 1,
        loopDelayMilliseconds: 1,
        heard: [{ path: 'a', seconds: 1, ...words }],
      },
    }) as const;
  test.each([
    ['refuses it', { kind: 'refused', message: 'too short' }, undefined, 'error: too short'],
    ['waits for ever', { kind: 'late', seconds: 20 }, undefined, 'hang: not finished in 20 s'],
    ['ends', loaded, { kind: 'crashed', how: 'SIGFPE', lastWords: '' }, 'loaded, then crash: SIGFPE'],
    ['fails later', loaded, said({ error: 'no tensor' }), 'loaded, then error: no tensor'],
    ['says nothing', loaded, said({ text: '' }), '**empty success**'],
    ['makes something up', loaded, said({ text: 'you' }), '**success**: you'],
  ] as const)('a peer that is given half a model %s', (_what, loading, transcribing, text) => {
    expect(truncatedModelText(loading, transcribing)).toBe(text);
  });

  test.each([
    ['has none', 'has none', 0, undefined, 'has none'],
    ['is heard', 'settled', 0.02, 0.05, '20 ms, cores free after 70 ms'],
    ['is only said to be heard', 'settled', 0.002, undefined, '2 ms, computes on'],
    ['is not heard', 'finished', 3, undefined, 'ignored: finished 3000 ms later'],
    ['ends nothing', 'never settles', 20, undefined, 'never settles in 20 s'],
  ] as const)('an abort that %s', (_what, how, seconds, free, text) => {
    expect(abortText({ kind: 'aborted', how, seconds }, free)).toBe(text);
  });

  test('too much work: what was done, what failed and what is empty', () => {
    const answer = {
      kind: 'transcribed' as const,
      seconds: 20,
      loopDelayMilliseconds: 3,
      heard: [
        { path: 'a', seconds: 1, text: 'yes' },
        { path: 'b', seconds: 1, text: '' },
        { path: 'c', seconds: 1, error: 'full' },
      ],
    };
    expect(overloadText(answer, 24)).toBe('2 of 24 in 20.0 s; 1 errors: full; 1 of them empty');
  });
});

describe('a trial', () => {
  test('that answered for all clips has no failure', () => {
    const clip = { path: '/clips/one.wav', seconds: 2, text: 'yes' };
    const answer = { kind: 'transcribed', heard: [clip], seconds: 2, loopDelayMilliseconds: 4 } as const;
    expect(summarised({ kind: 'answer', answer }, 1)).toEqual({
      failure: undefined,
      heard: [{ clip: 'one', seconds: 2, text: 'yes' }],
      seconds: 2,
      loopDelayMilliseconds: 4,
    });
    expect(summarised({ kind: 'answer', answer }, 2).failure).toBe('not finished in 2 s');
  });

  test('is bounded by what is left of its budget', () => {
    const budget = new Budget(30);
    expect(budget.atMost(45)).toBe(30);
    budget.spend(20);
    expect(budget.atMost(45)).toBe(10);
    budget.spend(20);
    expect(budget.isSpent).toBe(true);
  });
});

describe('the standing', () => {
  test('the time of both is compared over the clips that both finished, round by round', () => {
    const ours = [sample({ heard: bothIn(1, 2) }), sample({ heard: bothIn(2, 2) })];
    expect(timeRatios(ours, [sample({ heard: [heard('one', 30)] })], ['one', 'two'])).toEqual([30]);
    expect(timeRatios(ours, [sample({ heard: [] }), sample({ heard: bothIn(4, 4) })], ['one', 'two'])).toEqual([2]);
  });

  test('× real time is that of one clip at a time, or of all of them until the last is there', () => {
    expect(realTimeFactor(sample({ heard: bothIn(1, 2) }), english)).toBe(0.2);
    expect(timesRealTime(sample({ heard: bothIn(1, 2) }), english)).toBe(5);
    expect(timesRealTime(sample({ atOnce: 4, heard: bothIn(2, 2), seconds: 2 }), english)).toBe(7.5);
    expect(timesRealTime(sample({ atOnce: 4, seconds: 2, failure: 'not finished in 2 s' }), english)).toBeUndefined();
  });

  test('word errors are those of the fullest sample', () => {
    const fuller = sample({ heard: [heard('one', 1, 'a gold ring'), heard('two', 1, 'small children')] });
    expect(errorsOf([sample({ heard: [heard('one', 1, '')] }), fuller], english)).toEqual({
      percent: 100 / 6,
      clips: 2,
    });
    expect(errorsOf([], english)).toBeUndefined();
  });

  const peers = PEERS.filter(({ name }) => ['smart-whisper', 'faster-whisper'].includes(name));
  const samples = [
    sample({ heard: bothIn(1, 2), coldSeconds: 1 }),
    sample({ atOnce: 4, memoryMebibytes: 200 }),
    sample({ peer: 'smart-whisper', heard: [heard('one', 25)], failure: 'not finished in 45 s' }),
    sample({ peer: 'smart-whisper', atOnce: 4, failure: 'not finished in 45 s' }),
    sample({ peer: 'faster-whisper', heard: bothIn(2, 4) }),
    sample({ peer: 'faster-whisper', atOnce: 4, memoryMebibytes: 300 }),
  ];
  const figures = standingFigures({ samples, peers, models: ['tiny.en'], audio, abortMilliseconds: [10, 90] });
  const named = (start: string) => figures.find(({ name }) => name.startsWith(start));

  test.each([
    ['throughput, ours / smart-whisper', 25, 'met'],
    ['memory, ours / faster-whisper', 200 / 300, 'not met'],
    ["WER above the best peer's", 0, 'met'],
    ['first text of an 8 s clip', 1, 'met'],
    ['abort to settled promise', 90, 'not met'],
  ] as const)('%s', (name, value, expected) => {
    const found = named(name);
    expect(found).toMatchObject({ kind: 'measured', value });
    expect(found && verdict(found)).toBe(expected);
  });

  test('what a peer did not get to is missing, with its reason', () => {
    expect(named('memory, ours / smart-whisper')).toMatchObject({ kind: 'missing', reason: 'not finished in 45 s' });
  });
});
