/**
 * How a peer comes here.
 *
 * - `npm`: an install of its own in build/peers/NAME; `builds` is the whisper.cpp in it that it builds by itself only
 *   after it has fetched a model.
 * - `python`: the environment of the faster-whisper adapter.
 * - `source`: built from the whisper.cpp source that the addon is built from, with that project's defaults.
 * - `here`: what is compared with them.
 *
 * @typedef {{ kind: 'npm', package: string, version: string, builds?: string }
 *   | { kind: 'python', package: string, version: string }
 *   | { kind: 'source' }
 *   | { kind: 'here' }} Origin
 */

/**
 * @typedef {object} Peer
 * @property {string} name also of its driver, and of its folder in build/peers
 * @property {Origin} origin
 * @property {'process' | 'children'} memory what counts as its memory: the process that called it and all that it
 *   started, or only what was started, where the caller is but our driver
 * @property {boolean} isParallel decodes several clips at once when it is given them
 * @property {string} [libraries] folder of its install that its binary needs to be told of
 * @property {boolean} isNodeAddon decodes inside the Node process that called it
 * @property {string} settings how it is asked to work, for the reader
 */

/** @type {Peer} */
export const OURS = {
  name: 'whisperpool',
  origin: { kind: 'here' },
  memory: 'process',
  isParallel: true,
  isNodeAddon: true,
  settings: 'one engine, a slot for each clip at once, defaults otherwise',
};

/** @type {readonly Peer[]} */
export const PEERS = [
  {
    name: 'faster-whisper',
    origin: { kind: 'python', package: 'faster-whisper', version: '1.2.1' },
    memory: 'children',
    isParallel: true,
    isNodeAddon: false,
    settings: 'int8, beam 1, temperature 0, no VAD; one Python process, a CTranslate2 worker for each clip at once',
  },
  {
    name: 'faster-whisper-batched',
    origin: { kind: 'python', package: 'faster-whisper', version: '1.2.1' },
    memory: 'children',
    isParallel: true,
    isNodeAddon: false,
    settings: 'its BatchedInferencePipeline: int8, beam 1, temperature 0, batches of 8, its own VAD',
  },
  {
    name: 'whisper-cli',
    origin: { kind: 'source' },
    memory: 'children',
    isParallel: true,
    isNodeAddon: false,
    settings: 'a process for each clip, its defaults (beam 5, full window)',
  },
  {
    name: 'whisper-server',
    origin: { kind: 'source' },
    memory: 'children',
    isParallel: false,
    isNodeAddon: false,
    settings: 'one process asked over HTTP, its defaults; it decodes one clip after the other',
  },
  {
    name: 'smart-whisper',
    origin: { kind: 'npm', package: 'smart-whisper', version: '0.8.1' },
    memory: 'process',
    isParallel: true,
    isNodeAddon: true,
    settings: 'one model for all clips, its defaults (beam search)',
  },
  {
    name: 'fugood-whisper',
    origin: { kind: 'npm', package: '@fugood/whisper.node', version: '1.1.3' },
    memory: 'process',
    isParallel: true,
    isNodeAddon: true,
    settings: 'a context for each clip at once, because two jobs on one context stop the event loop; its defaults',
  },
  {
    name: 'nodejs-whisper',
    origin: { kind: 'npm', package: 'nodejs-whisper', version: '0.3.1', builds: 'cpp/whisper.cpp' },
    memory: 'children',
    isParallel: true,
    isNodeAddon: false,
    settings: 'starts whisper-cli for each clip; threads cannot be set: as many as there are cores, at most 4',
  },
  {
    name: 'whisper-node-addon',
    origin: { kind: 'npm', package: 'whisper-node-addon', version: '1.0.2' },
    memory: 'process',
    isParallel: true,
    libraries: 'node_modules/whisper-node-addon/platform/linux-x64',
    isNodeAddon: true,
    settings: 'translate off, its defaults otherwise; threads cannot be set; the model is loaded for each clip',
  },
  {
    name: 'sherpa-onnx',
    origin: { kind: 'npm', package: 'sherpa-onnx-node', version: '1.13.8' },
    memory: 'process',
    isParallel: true,
    isNodeAddon: true,
    settings: 'decodes ONNX weights only: looked for in build/peers/sherpa-onnx/MODEL',
  },
];

/**
 * The peers with these names, or all.
 *
 * @param {readonly string[]} names
 * @returns {readonly Peer[]}
 * @throws when there is no such peer
 */
export function peersNamed(names) {
  const unknown = names.filter((name) => !PEERS.some((peer) => peer.name === name));
  if (unknown.length > 0) {
    throw new Error(`There is no peer ${unknown.join(', ')}; there are ${PEERS.map(({ name }) => name).join(', ')}.`);
  }
  return names.length === 0 ? PEERS : PEERS.filter(({ name }) => names.includes(name));
}
