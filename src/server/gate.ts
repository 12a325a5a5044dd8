/** What a key allows. */
export interface KeyLimits {
  /** Live sessions at once. @defaultValue the engine's `sessionLimit` */
  readonly sessions?: number | undefined;
  /** Uploads that wait or are transcribed at once. @defaultValue the server's `transcriptionLimit` */
  readonly transcriptions?: number | undefined;
  /** Requests a minute, a bucket that refills steadily. @defaultValue none */
  readonly requestsPerMinute?: number | undefined;
}

/** Who calls. */
export interface Caller {
  /** Of the key; `anonymous` where the server has no keys. Never the key itself. */
  readonly name: string;
  /**
   * Takes one place of a kind; the returned function gives it back, once.
   * @throws EngineError `LIMIT_REACHED`; `retryAfterSeconds` of `gate.ts`'s table says when to come back
   */
  enter(kind: 'session' | 'transcription'): () => void;
}

/** Lets callers in: API keys, hashed at rest and compared in constant time, each with its limits. */
export interface Gate {
  /** Whether keys are asked for at all. */
  readonly isGuarded: boolean;
  /**
   * Who presents this key (of `Authorization: Bearer KEY`, or of the live protocol's first message); counts the request.
   * @throws EngineError `KEY_REFUSED` for a missing, wrong or revoked one, with the same words; `LIMIT_REACHED`
   */
  admit(key: string | undefined): Caller;
}
