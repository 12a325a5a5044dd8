/** Who holds a live session: one server for a session, and everybody can ask which. */
export interface LeaseDirectory extends AsyncDisposable {
  /**
   * Takes the lease of a session for this server, and renews it until it is released.
   * @throws EngineError `QUEUE_UNAVAILABLE`; `SESSION_LIMIT` when another server holds it
   */
  take(session: string): Promise<Lease>;
  /**
   * Where the session is held: the address of its `/v1/live`. Undefined when nobody holds it.
   * @throws EngineError `QUEUE_UNAVAILABLE`
   */
  find(session: string): Promise<string | undefined>;
}

export interface Lease {
  /** Grows with every lease that is taken of a session: what comes with a smaller one is out of date. */
  readonly fence: number;
  /** Aborted when it could not be renewed in time, or somebody else has it: the holder must stop serving the session. */
  readonly lost: AbortSignal;
  /** Gives it back. Never rejects: one that cannot be given back runs out. */
  release(): Promise<void>;
}
