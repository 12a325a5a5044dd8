/** The part of the plan that a live source follows. It can change while the source runs; what is cut already stays cut. */
export interface LivePlan {
  /** An utterance is cut at this length at the latest, where it is quietest; Infinity for continuous speech, cut at 15 s. */
  readonly chunkSeconds: number;
  /** Audio after which a growing utterance is decoded anew for its partial text; undefined for no partials at all. */
  readonly partialEverySeconds: number | undefined;
  /** `sized` decodes a window of the length of the audio, `trimmed` a tighter one, `full` always Whisper's 30 s. */
  readonly encoderContext: 'trimmed' | 'sized' | 'full';
  /** Hypotheses of the beam search, 1 … 8; 1 is greedy. */
  readonly beamSize: number;
}
