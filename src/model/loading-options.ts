import { EngineError } from '../errors.js';
import { guess } from './closest-name.js';

/** How a model is loaded. What is left out is as in the preset `auto`. */
export interface LoadingOptions {
  /** A variant of ggml's, such as `q8_0`, or `auto`, `int8`, `int4`, `float16`. @defaultValue 'auto' */
  readonly variant?: string | undefined;
  /** Return at once and load meanwhile. @defaultValue false */
  readonly background?: boolean | undefined;
  /** Load what comes closest when the wish cannot be had; the result says so. @defaultValue true */
  readonly fallback?: boolean | undefined;
  /** Warm one slot after the other, for a lower peak of memory and CPU. @defaultValue false */
  readonly serial?: boolean | undefined;
  /** Seconds after which loading is given up. @defaultValue Infinity */
  readonly timeoutSeconds?: number | undefined;
}

/** Every loading option, checked. */
export interface ResolvedLoadingOptions {
  readonly variant: string;
  readonly background: boolean;
  readonly fallback: boolean;
  readonly serial: boolean;
  readonly timeoutSeconds: number;
}

const always = { serial: false, timeoutSeconds: Number.POSITIVE_INFINITY };

const presets = {
  auto: { variant: 'auto', background: false, fallback: true, ...always },
  default: { variant: 'f16', background: false, fallback: true, ...always },
  fast: { variant: 'int4', background: true, fallback: true, ...always },
  fastBlocking: { variant: 'int4', background: false, fallback: true, ...always },
  strict: { variant: 'int4', background: false, fallback: false, ...always },
} as const satisfies Readonly<Record<string, ResolvedLoadingOptions>>;

/**
 * The best variant that is here (`auto`), quality (`default`), or speed: in the background (`fast`), waited for
 * (`fastBlocking`), or nothing else (`strict`).
 */
export type LoadingPreset = keyof typeof presets;

/**
 * The options that a preset stands for, or those given, completed from `auto`. Whether there is such a variant is for
 * `modelWish` to say.
 * @throws EngineError `OPTION_INVALID`
 */
export function loadingOptions(option: LoadingPreset | LoadingOptions = 'auto'): ResolvedLoadingOptions {
  if (typeof option === 'string') {
    if (Object.hasOwn(presets, option)) return presets[option];
    throw invalid('loading', option, `one of ${choice(Object.keys(presets), option)}`);
  }
  if (!isObject(option)) throw invalid('loading', option, 'a preset or an object.');
  const names = Object.keys(presets.auto);
  const stranger = Object.keys(option).find((name) => !names.includes(name));
  if (stranger !== undefined) {
    throw new EngineError('OPTION_INVALID', `\`loading\` has no \`${stranger}\`; it has ${choice(names, stranger)}`);
  }
  return checked(option);
}

function checked(options: LoadingOptions): ResolvedLoadingOptions {
  const { auto } = presets;
  const { variant = auto.variant, timeoutSeconds = auto.timeoutSeconds } = options;
  const { background = auto.background, fallback = auto.fallback, serial = auto.serial } = options;
  if (typeof variant !== 'string') throw invalid('loading.variant', variant, "a text such as 'q8_0'.");
  for (const [name, value] of Object.entries({ background, fallback, serial })) {
    if (typeof value !== 'boolean') throw invalid(`loading.${name}`, value, 'true or false.');
  }
  if (typeof timeoutSeconds !== 'number' || !(timeoutSeconds > 0)) {
    throw invalid('loading.timeoutSeconds', timeoutSeconds, 'a number of seconds above 0.');
  }
  return { variant, background, fallback, serial, timeoutSeconds };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function choice(names: readonly string[], mistyped: string): string {
  return `${names.join(', ')}.${guess(mistyped, names)}`;
}

function invalid(name: string, value: unknown, what: string): EngineError {
  return new EngineError('OPTION_INVALID', `\`${name}\` is ${String(value)}; it must be ${what}`);
}
