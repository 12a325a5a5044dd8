/** @typedef {import('../../dist/index.js').Priority} Priority */

const WINDOW_SECONDS = 10;
/** @type {readonly Priority[]} */
const PRIORITIES = ['critical', 'normal', 'background'];

/** Sees what an engine says of itself while the sources of a session speak. */
export class Observer {
  #engine;
  #policy;
  #startSeconds;
  /** @type {{ atSeconds: number, latencySeconds: number }[]} */
  #finals = [];
  #heard = '';
  #worstSeconds = 0;
  #lostSeconds = { critical: 0, normal: 0, background: 0 };
  /** @type {readonly import('./speaker.mjs').Speaker[]} */
  speakers = [];

  /**
   * @param {import('../../dist/index.js').Engine} engine
   * @param {import('../../dist/index.js').Policy} policy
   * @param {import('../../dist/index.js').Session} session
   */
  constructor(engine, policy, session) {
    this.#engine = engine;
    this.#policy = policy;
    this.#startSeconds = engine.snapshot().atSeconds;
    session.on('final', (final) => {
      if (!final.source.startsWith('critical')) return;
      const { latencySeconds } = final.timings;
      this.#finals.push({ atSeconds: engine.snapshot().atSeconds, latencySeconds });
      this.#heard = `${final.source}: ${final.text}`;
    });
    // What nobody said in words, noise for example, is no loss.
    session.on('gap', ({ source, reason, startSeconds, endSeconds }) => {
      const priority = PRIORITIES.find((each) => source.startsWith(each));
      if (priority && reason !== 'suppressed') this.#lostSeconds[priority] += endSeconds - startSeconds;
    });
  }

  /** The worst p95 of critical finals in any 10 s. */
  get worstSeconds() {
    return this.#worstSeconds;
  }

  /** Decisions since it looks. */
  get entries() {
    const since = this.#engine.ladder.history.filter(({ atSeconds }) => atSeconds >= this.#startSeconds);
    return since.map((entry) => ({ ...entry, seconds: entry.atSeconds - this.#startSeconds }));
  }

  /** @returns {Omit<import('./view.mjs').Look, 'act' | 'policy'>} */
  look() {
    const { atSeconds, slots, sources, ladder } = this.#engine.snapshot();
    return {
      seconds: atSeconds - this.#startSeconds,
      rung: ladder.rung,
      decided: ladder.decided,
      rungs: ladder.rungs,
      slots,
      queue: {
        utterances: sources.reduce((sum, { queuedChunks }) => sum + queuedChunks, 0),
        oldestSeconds: Math.max(0, ...sources.map(({ oldestWaitSeconds }) => oldestWaitSeconds)),
      },
      latency: this.#latency(atSeconds),
      heard: this.#heard,
      groups: PRIORITIES.map((priority) => this.#group(priority, ladder.decided)),
      entries: this.entries,
    };
  }

  /** @param {number} nowSeconds */
  #latency(nowSeconds) {
    this.#finals = this.#finals.filter(({ atSeconds }) => nowSeconds - atSeconds <= WINDOW_SECONDS);
    const latencies = this.#finals.map(({ latencySeconds }) => latencySeconds).sort((a, b) => a - b);
    if (latencies.length === 0) return undefined;
    const quantile = (/** @type {number} */ share) => latencies[Math.ceil(share * latencies.length) - 1] ?? 0;
    const latency = { p50: quantile(0.5), p95: quantile(0.95) };
    this.#worstSeconds = Math.max(this.#worstSeconds, latency.p95);
    return latency;
  }

  /** @param {Priority} priority @param {number} rung @returns {import('./view.mjs').Group} */
  #group(priority, rung) {
    const speakers = this.speakers.filter((speaker) => speaker.priority === priority);
    const ledgers = speakers.map(({ source }) => source.ledger);
    const sum = (/** @type {(ledger: (typeof ledgers)[number]) => number} */ of) =>
      ledgers.reduce((total, ledger) => total + of(ledger), 0);
    return {
      priority,
      speaking: speakers.filter(({ isSpeaking }) => isSpeaking).length,
      service: this.#service(priority, rung),
      toldSeconds: sum(({ transcribedSeconds, silentSeconds }) => transcribedSeconds + silentSeconds),
      pendingSeconds: sum(({ queuedSeconds, unheardSeconds }) => queuedSeconds + unheardSeconds),
      spooledSeconds: sum(({ spooledSeconds }) => spooledSeconds),
      lostSeconds: this.#lostSeconds[priority],
    };
  }

  /** A rung adds to those before it; what goes to disk is not dropped. @param {Priority} priority @param {number} rung */
  #service(priority, rung) {
    const sheds = this.#policy.rungs.slice(0, rung + 1).map(({ shed }) => shed);
    if (sheds.some((shed) => shed?.spool?.includes(priority))) return 'on disk';
    return sheds.some((shed) => shed?.finalsOf?.includes(priority)) ? 'dropped' : 'decoded';
  }
}
