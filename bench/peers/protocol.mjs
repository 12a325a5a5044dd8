/**
 * What the benchmark and the drivers of the peers say to each other: one JSON object a line.
 *
 * @typedef {object} Load
 * @property {'load'} command
 * @property {import('../models.mjs').ModelName} model
 * @property {string} path the weights in the peer's format: a ggml file, or a CTranslate2 folder
 * @property {number} threads for each clip
 * @property {number} atOnce clips that it will be given at once
 */

/**
 * @typedef {object} Transcribe
 * @property {'transcribe'} command
 * @property {readonly string[]} paths
 * @property {number} atOnce how many are in work at any time
 * @property {number} forSeconds what is not there by then is left
 */

/**
 * @typedef {object} Abort
 * @property {'abort'} command
 * @property {string} path
 * @property {number} afterSeconds
 * @property {number} patienceSeconds
 */

/** @typedef {Load | Transcribe | Abort} Request */

/** @typedef {{ path: string, seconds: number } & ({ text: string } | { error: string })} Heard */

/**
 * @typedef {object} Transcribed
 * @property {'transcribed'} kind
 * @property {readonly Heard[]} heard
 * @property {number} seconds until the last was there, or time was up
 * @property {number} loopDelayMilliseconds p99 of the event loop of the process that called the peer
 */

/**
 * @typedef {object} Aborted
 * @property {'aborted'} kind
 * @property {'has none' | 'settled' | 'finished' | 'never settles'} how
 * @property {number} seconds from the abort until the promise settled
 */

/** @typedef {{ kind: 'loaded' } | Transcribed | Aborted} Done */

/** @typedef {Done | { kind: 'error', message: string }} Answer */

export {};
