import { MemoryWatch } from '../capability/memory-watch.js';
import type { LadderModels, NamedModel } from '../degrade/ladder-models.js';
import type { RungModel } from '../degrade/rung.js';
import { EngineError } from '../errors.js';
import { fallbackCandidates } from '../model/fallback.js';
import { isMultilingual } from '../model/model-name.js';
import { modelWish } from '../model/model-wish.js';
import { isNoGood, type ResolvedModel } from '../model/resolve.js';
import type { ModelService } from './model-service.js';
import type { EngineParts } from './parts.js';

/** The engine's own model, as the ladder changes it. Only what is on this machine is loaded for a rung, nothing is fetched. */
export class EngineLadderModels implements LadderModels {
  readonly #parts: EngineParts;
  readonly #memory: MemoryWatch;
  /** What was warmed ahead of need. */
  #ahead: ModelService | undefined;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#memory = new MemoryWatch(parts.clock);
  }

  get threads(): number {
    return this.#parts.plan.threadsPerSlot;
  }

  get requested(): NamedModel | undefined {
    const { requested } = this.#parts.models;
    return requested && namedModel(requested.model);
  }

  get isMemoryShort(): boolean {
    return this.#memory.isShort;
  }

  async find(wish: RungModel): Promise<NamedModel> {
    const { requested } = this;
    if (!requested) throw new EngineError('MODEL_NOT_READY', 'No model has been loaded yet.');
    const found = wish === 'smaller' ? await this.#smaller(requested) : await this.#named(wish);
    if (this.#speaks(found, requested)) return namedModel(found);
    throw new EngineError(
      'LANGUAGE_UNSUPPORTED',
      `The model '${found.name}' does not speak what '${requested.model}' may hear.`,
    );
  }

  async serve(model: NamedModel | undefined, signal: AbortSignal): Promise<void> {
    const { models } = this.#parts;
    if (model) await models.standIn(model.path, signal);
    else await models.comeBack(signal);
  }

  isWarm({ path }: NamedModel): boolean {
    return this.#parts.pool.isWarm(path);
  }

  async warm({ path }: NamedModel): Promise<void> {
    this.#giveBack();
    const { models } = this.#parts.ownModel(path);
    this.#ahead = models;
    try {
      // Held without end: idleness is the ladder's to judge.
      await models.hold('auto', new AbortController().signal);
    } catch (error) {
      if (this.#ahead === models) this.#giveBack();
      throw error;
    }
  }

  cool(): void {
    this.#giveBack();
    this.#parts.residents.keep(undefined);
  }

  close(): void {
    this.cool();
    this.#memory.close();
  }

  #giveBack(): void {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    void ahead?.close().catch(() => undefined);
  }

  /** The best of those on this machine that are smaller and speak whatever the requested one may be asked for. */
  async #smaller({ model }: NamedModel): Promise<ResolvedModel> {
    const { question, options } = this.#parts;
    const wish = modelWish(model);
    const candidates = wish.kind === 'file' ? [] : fallbackCandidates(wish, question.language);
    const ours = wish.kind === 'file' ? 0 : wish.model.parametersMillions;
    for (const candidate of candidates) {
      if (candidate.model.parametersMillions >= ours) continue;
      try {
        return await question.store.find(candidate, { searchFolders: options.modelFolders });
      } catch (error) {
        if (!isNoGood(error)) throw error;
      }
    }
    throw new EngineError(
      'MODEL_MISSING',
      `No model smaller than '${model}' that speaks the language is on this machine.`,
    );
  }

  #named({ model, variant }: Exclude<RungModel, 'smaller'>): Promise<ResolvedModel> {
    const { question, options } = this.#parts;
    return question.store.ensure(model, { variant, mode: 'offline', searchFolders: options.modelFolders });
  }

  #speaks({ dimensions }: ResolvedModel, { model }: NamedModel): boolean {
    return isMultilingual(dimensions) || this.#parts.question.language === 'en' || model.endsWith('.en');
  }
}

function namedModel({ name, variant, path }: ResolvedModel): NamedModel {
  return { model: name, variant, path };
}
