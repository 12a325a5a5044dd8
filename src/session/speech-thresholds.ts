/** Silero's own thresholds: speech begins at the first and goes on until it falls below the second. */
export const speechBegins = 0.5;
export const speechGoesOn = 0.35;
/** A breath: shorter silence does not end a span of speech. */
export const breathSeconds = 0.3;
/** A click: shorter speech is none. */
export const clickSeconds = 0.1;
/** Context left around speech. 0.1 s is too little for tiny.en, 0.25–0.4 s is safe. */
export const marginSeconds = 0.35;
/** Longer pieces save nothing more, and a window of 30 s costs as much per second as Whisper always does. */
export const longestSeconds = 15;
