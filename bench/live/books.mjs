import { SAMPLE_RATE } from './spoken-clip.mjs';

/** @typedef {import('./speaker.mjs').ClipSpeaker} ClipSpeaker */

/** Where the audio of many sources went, in seconds. */
/** @typedef {Record<'heard' | 'transcribed' | 'silent' | 'gap' | 'queued' | 'spooled', number>} Books */

/** @param {readonly ClipSpeaker[]} speakers @returns {Books} */
export function readBooks(speakers) {
  const ledgers = speakers.map(({ source }) => source.ledger);
  const sum = (/** @type {`${keyof Books}Seconds`} */ key) => ledgers.reduce((total, ledger) => total + ledger[key], 0);
  return {
    heard: sum('heardSeconds'),
    transcribed: sum('transcribedSeconds'),
    silent: sum('silentSeconds'),
    gap: sum('gapSeconds'),
    queued: sum('queuedSeconds'),
    spooled: sum('spooledSeconds'),
  };
}

/**
 * Samples that do not add up, over all sources: by the engine's own count, by adding its figures, and against what the
 * bench knows it has written.
 *
 * @param {readonly ClipSpeaker[]} speakers
 */
export function imbalance(speakers) {
  return speakers.reduce((sum, speaker) => {
    const ledger = speaker.source.ledger;
    const parts = [ledger.transcribedSeconds, ledger.silentSeconds, ledger.gapSeconds, ledger.queuedSeconds];
    const samples = [...parts, ledger.spooledSeconds].map(inSamples).reduce((total, part) => total + part, 0);
    const heard = inSamples(ledger.heardSeconds);
    const unheard = inSamples(ledger.unheardSeconds);
    const added = Math.abs(heard - samples);
    const written = Math.abs(speaker.writtenSamples - heard - unheard);
    return sum + Math.max(Math.abs(ledger.imbalanceSamples), added, written);
  }, 0);
}

/** @param {number} seconds */
const inSamples = (seconds) => Math.round(SAMPLE_RATE * seconds);
