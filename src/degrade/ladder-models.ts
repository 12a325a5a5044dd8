import type { RungModel } from './rung.js';

/** A model as it is called where decodes are counted. */
export interface NamedModel {
  readonly model: string;
  readonly variant: string;
  readonly path: string;
}

/** The models that the ladder can change between. */
export interface LadderModels {
  readonly threads: number;
  /** The one that was asked for, as it was loaded; undefined while nothing is. */
  readonly requested: NamedModel | undefined;
  /** Whether there is too little memory for anything that does not serve. */
  readonly isMemoryShort: boolean;
  /** What a rung wishes for, if it is on this machine and speaks the language. @throws EngineError why it cannot be had */
  find(wish: RungModel): Promise<NamedModel>;
  /**
   * Lets a model serve, warmed beside the present one if it is not warm yet; without one, that which was asked for. That
   * one stays in memory beside any other.
   */
  serve(model: NamedModel | undefined, signal: AbortSignal): Promise<void>;
  /** Whether it could serve at once. */
  isWarm(model: NamedModel): boolean;
  /** Warms a model that may be needed soon, in place of the one that was warmed so before. @throws EngineError why not */
  warm(model: NamedModel): Promise<void>;
  /** Gives back what does not serve. */
  cool(): void;
  /** Gives that back, and looks at nothing any more. */
  close(): void;
}
