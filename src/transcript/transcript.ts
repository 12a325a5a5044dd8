/** One word of a transcript, on the timeline of the input. */
export interface Word {
  /** The word as it is written, with its punctuation and without surrounding space. */
  readonly text: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** Mean probability of the word's tokens, 0 … 1. */
  readonly probability: number;
}

/** A stretch of text between two timestamps of the model, on the timeline of the input. */
export interface Segment {
  /** Position in the transcript, from 0. */
  readonly index: number;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly text: string;
  /** Mean natural-log probability of the tokens (OpenAI's `avg_logprob`). */
  readonly averageLogProbability: number;
  /** Probability that the piece holds no speech at all (OpenAI's `no_speech_prob`). */
  readonly noSpeechProbability: number;
  /** Length of the text over its deflated length; above 2.4 it is repetition (OpenAI's `compression_ratio`). */
  readonly compressionRatio: number;
  /** The sampling temperature that produced it; 0 is greedy. */
  readonly temperature: number;
  /** Present when `words` was asked for. */
  readonly words?: readonly Word[];
}

/** What actually did the work, whatever was asked for. */
export interface Used {
  /** `whisper-cpp`, or the one that took over. */
  readonly provider: string;
  readonly model: string;
  /** Quantisation of the weights that were decoded with, read from the file. */
  readonly variant: string;
  readonly modelPath: string;
  /** Present when the engine switched while it transcribed, or another provider took over: what decoded the earlier pieces. */
  readonly earlierModels?: readonly { readonly provider: string; readonly model: string; readonly variant: string }[];
  readonly slots: number;
  readonly threadsPerSlot: number;
  readonly flashAttention: boolean;
}

/** Where the time went. Seconds are wall-clock unless the name says otherwise. */
export interface Timings {
  /** From the call to the transcript. */
  readonly totalSeconds: number;
  /** Reading, decoding and resampling the input, summed. */
  readonly audioSeconds: number;
  /** Voice activity detection, summed. */
  readonly vadSeconds: number;
  /** Waiting for a free slot, summed over pieces. */
  readonly queueSeconds: number;
  /** Inside the provider's decode, summed over pieces and slots. */
  readonly decodeSeconds: number;
  /** Processing seconds over audio seconds: `decodeSeconds` over the length of the input. Below 1 is faster than real time. */
  readonly rtf: number;
  /** Pieces of speech that were decoded. */
  readonly pieces: number;
  /** Pieces decoded a second time at full encoder context because the first text was implausible. */
  readonly retries: number;
  /** The largest encoder context used, in frames of 20 ms; 1500 is Whisper's full 30 s. */
  readonly encoderContext: number;
}

/** The result of `engine.transcribe`. */
export interface Transcript {
  readonly text: string;
  /** Two-letter code of the language that was decoded, given or detected. */
  readonly language: string;
  /** Probability of the language when it was detected. */
  readonly languageProbability?: number;
  /** `transcribe` keeps the language; `translate` is Whisper's translation to English. */
  readonly task: 'transcribe' | 'translate';
  /** Length of the input. */
  readonly durationSeconds: number;
  readonly segments: readonly Segment[];
  /** All words in order; present when `words` was asked for. */
  readonly words?: readonly Word[];
  readonly timings: Timings;
  readonly used: Used;
}
