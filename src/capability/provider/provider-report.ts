import type { SystemInformation } from '../../provider/addon.js';

/** What a provider's probe found out, in a process of its own. */
export type ProviderReport = AvailableProvider | UnavailableProvider;

export interface AvailableProvider {
  readonly kind: 'available';
  readonly provider: 'whisper-cpp';
  /** Version of whisper.cpp, compiler, compiled and present CPU features, backends. */
  readonly system: SystemInformation;
  /** What half a second of speech came to. */
  readonly text: string;
  readonly loadSeconds: number;
  readonly decodeSeconds: number;
}

export interface UnavailableProvider {
  readonly kind: 'unavailable';
  readonly provider: 'whisper-cpp';
  /** How far the probe came. */
  readonly step: ProbeStep;
  /** One sentence. */
  readonly reason: string;
}

/** What a probe does, in order. */
export type ProbeStep = 'start' | 'binary' | 'model' | 'decode';

/** What the probing process says; its exit says the rest. */
export type ProbeMessage =
  | { readonly kind: 'step'; readonly step: ProbeStep }
  | { readonly kind: 'done'; readonly report: AvailableProvider }
  | { readonly kind: 'failed'; readonly message: string };

/** What a probing process is asked. */
export interface ProbeOrder {
  readonly binary: string;
  readonly model: { readonly path: string; readonly fileKey: string };
  readonly clip: string;
}
