import type { LadderModels, NamedModel } from '../degrade/model-switch.js';
import type { RungModel } from '../degrade/rung.js';
import { EngineError } from '../errors.js';
import { fallbackCandidates } from '../model/fallback.js';
import { isMultilingual } from '../model/model-name.js';
import { modelWish } from '../model/model-wish.js';
import { isNoGood, type ResolvedModel } from '../model/resolve.js';
import type { SwitchOptions } from './options.js';
import type { EngineParts } from './parts.js';

/** What the service has asked for, to come back to it. */
interface Request {
  readonly model: string;
  readonly options: SwitchOptions;
}

/** The engine's own model, as the ladder changes it. Only what is on this machine is loaded for a rung, nothing is fetched. */
export class EngineLadderModels implements LadderModels {
  readonly #parts: EngineParts;
  #request: Request | undefined;
  /** As it was loaded, while a lighter one serves. */
  #before: NamedModel | undefined;

  constructor(parts: EngineParts) {
    this.#parts = parts;
  }

  get threads(): number {
    return this.#parts.plan.threadsPerSlot;
  }

  get requested(): NamedModel | undefined {
    const { loaded } = this.#parts.models;
    return this.#before ?? (loaded && namedModel(loaded.model));
  }

  /** The service has changed the model, and it serves now. */
  chosen(model: string, options: SwitchOptions): void {
    this.#request = { model, options: { loading: options.loading } };
    this.#before = undefined;
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
    const { requested } = this;
    if (model) {
      await models.switchTo(model.path, { loading: { fallback: false }, signal });
      this.#before ??= requested;
      return;
    }
    const { model: name, options } = this.#requestOf();
    await models.switchTo(name, { ...options, signal });
    this.#before = undefined;
  }

  #requestOf(): Request {
    const { question, plan } = this.#parts;
    return this.#request ?? { model: question.model ?? plan.model, options: {} };
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
