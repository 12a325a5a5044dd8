import { readFile } from 'node:fs/promises';
import { seededRandom } from '../spread.mjs';

/** @typedef {import('./soak.mjs').World} World */
/** @typedef {import('../../dist/index.js').Session} Session */

const FORMAT = /** @type {const} */ ({ encoding: 's16le', sampleRate: 16_000 });
const FLOATS = /** @type {const} */ ({ encoding: 'f32le', sampleRate: 16_000 });
const SOME_BYTES = Buffer.alloc(640);

/**
 * Something that a service is sent one day, and how it may end.
 *
 * @typedef {object} BadInput
 * @property {string} name
 * @property {readonly string[]} mayEnd
 * @property {(world: World) => Promise<unknown>} send
 */

/** @type {readonly BadInput[]} */
const BAD_INPUTS = [
  {
    name: 'no bytes',
    mayEnd: ['AUDIO_EMPTY'],
    send: ({ engine }) => engine.transcribe(new Uint8Array(0)),
  },
  {
    name: 'garbage',
    mayEnd: ['AUDIO_UNSUPPORTED', 'AUDIO_BROKEN'],
    send: ({ engine }) => engine.transcribe(garbage()),
  },
  {
    name: 'a file cut in its header',
    mayEnd: ['AUDIO_UNSUPPORTED', 'AUDIO_BROKEN', 'AUDIO_EMPTY'],
    send: async ({ engine, clips }) => engine.transcribe((await firstFile(clips)).subarray(0, 30)),
  },
  {
    name: 'a file cut in half',
    mayEnd: ['done', 'AUDIO_BROKEN'],
    send: async ({ engine, clips }) => {
      const bytes = await firstFile(clips);
      return engine.transcribe(bytes.subarray(0, Math.floor(bytes.length / 2)));
    },
  },
  {
    name: 'a file that is not there',
    mayEnd: ['AUDIO_MISSING'],
    send: ({ engine }) => engine.transcribe('no-such-file.wav'),
  },
  {
    name: 'samples at an impossible rate',
    mayEnd: ['AUDIO_INVALID'],
    send: ({ engine }) => engine.transcribe({ samples: new Int16Array(160), sampleRate: 0 }),
  },
  {
    name: 'a language that nobody speaks',
    mayEnd: ['LANGUAGE_UNKNOWN'],
    send: ({ engine, clips }) => engine.transcribe(clips[0]?.clip.path ?? '', { language: 'klingon' }),
  },
  {
    name: 'live floats that are no numbers',
    mayEnd: ['AUDIO_INVALID'],
    send: (world) =>
      inSession(world, (session) => {
        const bytes = new Uint8Array(Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY).buffer);
        return session.addSource('floats', { format: FLOATS }).write(bytes);
      }),
  },
  {
    name: 'a live write after the end',
    mayEnd: ['SOURCE_ENDED'],
    send: (world) =>
      inSession(world, async (session) => {
        const source = session.addSource('ended', { format: FORMAT });
        await source.end();
        await source.write(SOME_BYTES);
      }),
  },
  {
    name: 'two live sources with one name',
    mayEnd: ['SOURCE_EXISTS'],
    send: (world) =>
      inSession(world, (session) => {
        session.addSource('twin', { format: FORMAT });
        session.addSource('twin', { format: FORMAT });
      }),
  },
  {
    name: 'a live source of noise that ends within a sample',
    mayEnd: ['done'],
    send: (world) => inSession(world, (session) => session.addSource('odd', { format: FORMAT }).write(garbage())),
  },
  {
    name: 'a live session without audio',
    mayEnd: ['done'],
    send: (world) => inSession(world, (session) => session.addSource('nothing', { format: FORMAT })),
  },
];

/**
 * @param {number} which 0 … 1
 * @param {World} world
 */
export async function sendBadInput(which, world) {
  const bad = /** @type {BadInput} */ (BAD_INPUTS[Math.floor(which * BAD_INPUTS.length)]);
  await world.outcomes.follow(`bad input: ${bad.name}`, bad.send(world), bad.mayEnd);
}

/** @param {World['clips']} clips */
function firstFile(clips) {
  return readFile(clips[0]?.clip.path ?? '');
}

/** An odd number of bytes that are no audio. */
function garbage() {
  const random = seededRandom(4);
  return Uint8Array.from({ length: 9_999 }, () => 256 * random());
}

/**
 * @param {World} world
 * @param {(session: Session) => unknown} act
 */
async function inSession({ engine }, act) {
  const session = await engine.openSession();
  try {
    await act(session);
  } finally {
    await session.end();
  }
}
