import { sampleRate } from '../provider/audio-format.js';
import type { Ledger } from './ledger.js';

/** What a source has brought, and what of it waits. */
export interface SourceIntake {
  /** Of all its tracks together. */
  readonly heardSeconds: number;
  /** Of them, in which nobody spoke. */
  readonly silentSeconds: number;
  /** Accepted and not heard yet. */
  readonly unheardSeconds: number;
  /** Accepted and neither told nor on disk yet; where channels are split, of the one with most. */
  readonly queuedSeconds: number;
}

/** Without the rest of the books: every live source is asked every second. */
export function intakeOf(tracks: readonly { readonly ledger: Ledger }[], unheardSeconds: number): SourceIntake {
  let [heardSamples, silentSamples, queuedSamples] = [0, 0, 0];
  for (const { ledger } of tracks) {
    heardSamples += ledger.heardSamples;
    silentSamples += ledger.silentSamples;
    queuedSamples = Math.max(queuedSamples, ledger.queuedSamples);
  }
  return {
    heardSeconds: heardSamples / sampleRate,
    silentSeconds: silentSamples / sampleRate,
    unheardSeconds,
    queuedSeconds: unheardSeconds + queuedSamples / sampleRate,
  };
}
