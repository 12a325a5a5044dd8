import type { Clock } from '../../dist/clock.js';
import { Ladder } from '../../dist/degrade/ladder.js';
import type { LadderEventMap, PlanChange } from '../../dist/degrade/ladder-events.js';
import type { LadderModels, NamedModel } from '../../dist/degrade/ladder-models.js';
import { policies } from '../../dist/degrade/policies.js';
import type { Policy } from '../../dist/degrade/policy.js';
import { EngineError } from '../../dist/errors.js';
import type { Priority } from '../../dist/scheduler/work.js';
import type { LiveEvent } from '../../dist/session/live-events.js';
import type { LivePlan } from '../../dist/session/live-plan.js';
import type { Source } from '../../dist/session/source.js';
import { Announcer } from '../../dist/telemetry/announcer.js';
import { LiveWorld, ordinaryPlan, settled } from '../live-world.js';
import { talk, telephone } from './live-source.js';
import { recognitionOf } from './scripted-slots.js';

export const base: NamedModel = { model: 'base', variant: 'q8_0', path: '/models/base' };
const tiny: NamedModel = { model: 'tiny.en', variant: 'q8_0', path: '/models/tiny.en' };

/** Models that are warm when the test says so. */
class ScriptedModels implements LadderModels {
  readonly threads = 1;
  requested: NamedModel | undefined = base;
  serving = base;
  isMissing = false;
  isMemoryShort = false;
  /** Whether warming ends at once. */
  isWarming = true;
  /** Every change that was asked for, by the name of the model; in brackets what was only warmed. */
  readonly changes: string[] = [];
  /** Warm and not serving. */
  ahead: NamedModel | undefined;
  /** Why none can be warmed ahead. */
  refusal: EngineError | undefined;
  isClosed = false;
  #warm: () => void = () => undefined;

  find(): Promise<NamedModel> {
    return this.isMissing ? Promise.reject(new EngineError('MODEL_MISSING', 'It is not here.')) : Promise.resolve(tiny);
  }

  async serve(model: NamedModel | undefined, signal: AbortSignal): Promise<void> {
    this.changes.push((model ?? base).model);
    if (!this.isWarm(model ?? base)) await this.#warmed(signal);
    if (this.isMissing) throw new EngineError('MODEL_LOAD_FAILED', 'It is there no longer.');
    this.ahead = this.serving;
    this.serving = model ?? base;
  }

  isWarm(model: NamedModel): boolean {
    return model === this.serving || model === this.ahead;
  }

  async warm(model: NamedModel): Promise<void> {
    this.changes.push(`(${model.model})`);
    await this.#warmed();
    if (this.refusal) throw this.refusal;
    this.ahead = model;
  }

  cool(): void {
    this.ahead = undefined;
  }

  close(): void {
    this.isClosed = true;
  }

  /** What is being warmed is warm now. */
  finishWarming(): void {
    this.#warm();
  }

  async #warmed(signal?: AbortSignal): Promise<void> {
    if (this.isWarming) return;
    await new Promise<void>((resolve, reject) => {
      this.#warm = resolve;
      signal?.addEventListener('abort', () => reject(new EngineError('ABORTED', 'It was given up.')));
    });
  }
}

interface Setting {
  readonly policy?: Policy;
  readonly isDryRun?: boolean;
  readonly plan?: Partial<LivePlan>;
}

/** A session with sources, led by a ladder; slots take no time, and what decodes are said to have taken is up to the test. */
export function ladderWorld({ policy = policies.standard, isDryRun = false, plan = {} }: Setting = {}) {
  const live = new LiveWorld({ slots: 2 });
  const { clock } = live;
  const models = new ScriptedModels();
  const events = new Announcer<LadderEventMap>();
  const steps: PlanChange[] = [];
  const errors: EngineError[] = [];
  events.on('plan', (step) => steps.push(step));
  events.on('error', (error) => errors.push(error));
  const logged: string[] = [];
  const log = (level: string) => (_fields: object, message: string) => logged.push(`${level} ${message}`);
  const logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
  const sessions = () => live.desk.sessions;
  let jumpedSeconds = 0;
  const jumping: Clock = {
    nowSeconds: () => clock.nowSeconds() + jumpedSeconds,
    after: (delaySeconds, wake) => clock.after(delaySeconds, wake),
  };
  /** The ladder's clock goes so far forward, or back, at once. */
  const jump = (seconds: number) => {
    jumpedSeconds += seconds;
  };
  const options = { policy, isDryRun, clock: jumping, slots: 2, plan: ordinaryPlan, sessions, models, events, logger };
  const ladder = new Ladder(options);
  live.serviceOf = (priority) => ladder.serviceOf(priority);
  live.heard = (...heard) => ladder.recordings.heard(...heard);
  const told: LiveEvent[] = [];
  const session = live.open(plan, (event) => {
    told.push(event);
    if (event.kind !== 'final') return;
    const source = session.sources.find(({ name }) => name === event.source);
    if (source) ladder.told(source, event);
  });
  ladder.wake();
  const add = (name: string, priority: Priority): Source => session.addSource(name, { format: telephone, priority });
  /** A second passes in which these sources speak; each second of audio costs a slot so much with `base`, with `tiny` a third. */
  const second = async (sources: readonly Source[], cost = 0.1, bytes: Uint8Array = talk(1)) => {
    for (const source of sources) live.promised('write', source.write(bytes));
    await settled();
    for (const { chunk } of live.slots.running) {
      const audioSeconds = chunk.pcm.length / 16_000;
      const decodeSeconds = cost * audioSeconds * (models.serving === base ? 1 : 0.33);
      const work = { kind: 'final', audioSeconds, dueAtSeconds: 0, chunk: () => chunk } as const;
      const { model: name, variant, path } = models.serving;
      const { encoderContext, beamSize } = chunk;
      const recognition = recognitionOf('', { decodeSeconds });
      const asked = { encoderContext, beamSize };
      ladder.decoded(work, { model: { name, variant, path }, asked, recognition, queueSeconds: 0 });
    }
    live.slots.finishAll();
    await settled();
    clock.advance(1);
    await settled();
  };
  const end = async (breath: () => Promise<void> = settled) => {
    live.promised('end', session.end());
    await live.finishEverything(breath);
    clock.advance(40);
    await settled();
  };
  return { live, clock, jump, models, ladder, session, steps, errors, events, logged, told, add, second, end };
}
