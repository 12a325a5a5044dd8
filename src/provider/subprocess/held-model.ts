import type { Capabilities } from '../provider.js';
import type { Loading } from '../recognition.js';
import type { ModelSettings } from './protocol.js';

/** A model that is open in one life of a process. */
export interface OpenedModel {
  /** The id it was opened with. */
  readonly id: number;
  readonly capabilities: Capabilities;
  readonly loading: readonly Loading[];
}

/** A model that is opened again in every life. */
export interface HeldModel {
  readonly settings: ModelSettings;
  opened: OpenedModel;
}
