import type { EngineError } from '../errors.js';
import type { Decoded, Priority, Work } from '../scheduler/work.js';
import type { FinalEvent } from '../session/live-events.js';
import type { Service } from '../session/service.js';
import type { LadderReading } from '../telemetry/snapshot.js';
import { pinned } from './compositions.js';
import { mostChanges } from './history-limits.js';
import { type LadderEntry, LadderJournal } from './ladder-journal.js';
import type { LadderOptions } from './ladder-options.js';
import { LadderPulse } from './ladder-pulse.js';
import { LadderSteps } from './ladder-steps.js';
import { ladderText } from './ladder-text.js';
import { LoadWatch } from './load-watch.js';
import { ModelSwitch } from './model-switch.js';
import { PlanAction } from './plan-action.js';
import type { Decision, Policy, RungChange } from './policy.js';
import { Recordings } from './recordings.js';
import type { RungModel } from './rung.js';
import { safely } from './safely.js';
import type { WatchedSource } from './source-watch.js';
import { serviceAt } from './standing.js';
import { SteadyClock } from './steady-clock.js';
import { usualPlan } from './usual-plan.js';

/** Where the ladder stands. */
export type LadderPosition = Pick<LadderReading, 'rung' | 'name' | 'decided' | 'isPinned'>;

/** Keeps live audio live: looks at the load once a second, asks the policy, and changes plans, model and service by it. */
export class Ladder {
  /** @internal Use `engine.record`. */
  readonly recordings: Recordings;
  readonly #options: LadderOptions;
  readonly #policy: Policy;
  readonly #watch: LoadWatch;
  readonly #models: ModelSwitch;
  readonly #pulse: LadderPulse;
  readonly #plans = new PlanAction();
  readonly #journal: LadderJournal;
  #steps: LadderSteps;
  #changes: readonly RungChange[] = [];
  #pin: Policy | undefined;
  #decided = 0;
  #inForce = 0;
  /** Why it was decided. */
  #step: Decision = { rung: 0, reason: 'Nothing has changed yet.', evidence: {} };
  #latestReason = 'No load has been seen yet.';
  #hasSought = false;

  /** @internal Use `engine.ladder`. */
  constructor(given: LadderOptions) {
    const clock = new SteadyClock(given.clock);
    const options = { ...given, clock };
    const { policy, models } = options;
    this.#options = options;
    this.#journal = new LadderJournal(options);
    this.#policy = safely(policy, ({ error }) => this.#journal.fault(this.#decided, error));
    this.#watch = new LoadWatch({ ...options, threads: models.threads });
    this.recordings = new Recordings(options, this.#watch.serviceTimes);
    this.#steps = new LadderSteps(policy.rungs);
    this.#models = new ModelSwitch({
      models,
      clock,
      onServing: () => this.#noticeForce(),
      onMissing: (wish, error) => this.#miss(wish, error),
    });
    this.#pulse = new LadderPulse({
      clock,
      hasSources: () => this.#hasSources(),
      isNeeded: () => options.sessions().length > 0 || (this.#decided !== 0 && this.#pin === undefined),
      onLook: () => this.#look(),
      onRest: () => this.#rest('There was no live source for a while.'),
      onFault: (error) => this.#journal.fault(this.#decided, error),
    });
  }

  get current(): LadderPosition {
    const name = this.#policy.rungs[this.#inForce]?.name ?? '';
    return { rung: this.#inForce, name, decided: this.#decided, isPinned: this.#pin !== undefined };
  }

  /** `current` and the load, for `engine.snapshot()`. @internal */
  get reading(): LadderReading {
    const load = this.#watch.snapshots.at(-1)?.load ?? [];
    const rungs = this.#policy.rungs.map(({ name }, rung) => ({ name, load: finite(load[rung]) }));
    return { ...this.current, reason: this.#step.reason, rungs };
  }

  /** Its decisions, the last 1,000, oldest first. */
  get history(): readonly LadderEntry[] {
    return this.#journal.entries;
  }

  /** `history`, one JSON object a line. */
  toJsonLines(): string {
    return this.#journal.toJsonLines();
  }

  /** Where it stands and why, as a text of several lines. */
  explain(): string {
    return ladderText({
      policy: this.#policy.name,
      rungs: this.#policy.rungs,
      isDryRun: this.#options.isDryRun,
      isPinned: this.#pin !== undefined,
      inForce: this.#inForce,
      decided: this.#decided,
      reason: this.#latestReason,
      snapshot: this.#watch.snapshots.at(-1),
      entries: this.#journal.entries,
    });
  }

  /**
   * This rung, by name or number, until `release`; for one whose model cannot be had, the one before it.
   * @throws EngineError `OPTION_INVALID` for a rung that there is not
   */
  pin(rung: number | string): void {
    this.#pin = pinned(rung, this.#policy);
    this.#look();
  }

  /** The policy decides again, from the next second on; without live sources everything is as requested. */
  release(): void {
    this.#pin = undefined;
    if (!this.#hasSources()) this.#rest('No rung is pinned any longer, and there is no live source.');
  }

  /** A session was opened: it follows the rung that was decided. @internal */
  wake(): void {
    const { clock, policy } = this.#options;
    if (policy.rungs.length < 2) return;
    this.#seek();
    // Who opened it listens first.
    if (this.#decided !== 0) clock.after(0, () => this.#apply());
    this.#pulse.wake();
  }

  /** What becomes now of the utterances of sources of a priority. @internal */
  serviceOf(priority: Priority): Service {
    return this.#options.isDryRun ? 'decoded' : serviceAt(this.#steps.standing(this.#decided), priority);
  }

  /** A slot has decoded something for a live source. @internal */
  decoded(work: Work, decoded: Decoded): void {
    this.#watch.decoded(work, decoded);
  }

  /** A final of this source was told. @internal */
  told(source: WatchedSource, final: FinalEvent): void {
    this.#watch.told(source, final);
  }

  /** The service has changed the model: that is the one requested from now on. @internal */
  modelChosen(): void {
    this.#steps = new LadderSteps(this.#options.policy.rungs);
    this.#models.chosen();
    this.#hasSought = false;
    if (this.#pulse.isBeating) this.#seek();
  }

  /** @internal */
  close(): void {
    this.#pulse.stop();
    this.#models.close();
  }

  #hasSources(): boolean {
    return this.#options.sessions().some(({ sources }) => sources.some(({ hasEnded }) => !hasEnded));
  }

  #look(): void {
    this.#seek();
    // Who has ended speaking brings no more, however long the rest of it takes.
    const sessions = this.#options.sessions();
    const sources = sessions.flatMap((session) => session.sources.filter(({ isOpen }) => isOpen));
    const plan = usualPlan(sessions, this.#options.plan);
    const rungs = this.#steps.costs(plan, (wish) => this.#models.modelOf(wish));
    const isShed = ({ priority }: WatchedSource) => this.serviceOf(priority) !== 'decoded';
    const snapshot = this.#watch.look({ rung: this.#decided, rungs, sources, isShed });
    const history = { snapshots: this.#watch.snapshots, changes: this.#changes };
    const isPinned = this.#pin !== undefined;
    const decision = (this.#pin ?? this.#policy).decide(snapshot, history);
    this.recordings.looked({ snapshot, decision, isPinned, history, sources, rungs, plan });
    this.#latestReason = decision.reason;
    // For a rung that is skipped: when pinned the one before it, otherwise the next in the direction of the step.
    const to = this.#steps.towards(decision.rung, this.#pin ? decision.rung : this.#decided);
    if (to !== this.#decided) this.#take(to, decision);
    else if (!this.#options.isDryRun) this.#models.want(this.#steps.standing(to).model);
    if (this.#options.isDryRun) return;
    const next = this.#pin ? undefined : this.#steps.nextModel(this.#decided);
    this.#models.prepare(next, this.#decided, snapshot.load[0] ?? 0);
  }

  #rest(reason: string): void {
    this.#models.rest();
    if (this.#decided !== 0 && !this.#pin) this.#take(0, { reason, evidence: {} });
  }

  #take(to: number, { reason, evidence }: Omit<Decision, 'rung'>): void {
    const entry = this.#journal.step({ from: this.#decided, to, reason, evidence });
    this.#decided = to;
    this.#step = { rung: to, reason, evidence };
    this.#latestReason = reason;
    this.#changes = [...this.#changes.slice(1 - mostChanges), entry];
    this.#apply();
  }

  /** Doing it again does nothing. */
  #apply(): void {
    if (this.#options.isDryRun) return;
    const standing = this.#steps.standing(this.#decided);
    this.#plans.apply(this.#options.sessions(), standing, this.#step.reason);
    this.#models.want(standing.model);
    this.#noticeForce();
  }

  /** What was decided is in force when its model serves. */
  #noticeForce(): void {
    const [from, { rung: to, reason, evidence }] = [this.#inForce, this.#step];
    if (from === to || !this.#models.isDone) return;
    this.#inForce = to;
    this.#options.events.emit('plan', { from, to, reason, evidence });
  }

  #seek(): void {
    const { models } = this.#options;
    if (this.#hasSought || !models.requested) return;
    this.#hasSought = true;
    void this.#models.seek(this.#steps.wishes);
  }

  #miss(wish: RungModel | undefined, error: EngineError): void {
    const names = wish === undefined ? [] : this.#steps.miss(wish);
    const entry = this.#journal.skipped(names, this.#decided, error);
    const to = this.#steps.towards(this.#decided, this.#decided);
    if (to !== this.#decided) this.#take(to, entry);
    else this.#apply();
  }
}

function finite(load = Number.NaN): number | null {
  return Number.isFinite(load) ? load : null;
}
