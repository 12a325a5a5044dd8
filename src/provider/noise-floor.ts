/** How loud a window is: mean squares, 1 is full scale. */
export interface Loudness {
  /** Of the samples around their mean: an offset of the zero line is no sound. */
  readonly power: number;
  /** Of the differences from sample to sample: speech over a hum or a rumble changes these first. */
  readonly treble: number;
}

type Attention =
  | { readonly kind: 'awake'; quietWindows: number; silentWindows: number }
  | { readonly kind: 'asleep'; readonly limit: Loudness; windowsToListenIn: number };

/** Below this the network heard nothing. Speech begins at 0.5 and ends below 0.35. */
const heardNothing = 0.1;
/** Windows of 32 ms: 3 s in which nothing was heard, before the noise is taken for a floor. */
const windowsToSettle = 94;
/** The last 2 s of it are what is learned. */
const windowsLearned = 64;
/** Half a second of digital silence needs no learning. */
const windowsOfSilence = 16;
/** Every 10 s the network is asked again, for a moment, whether it really hears nothing. */
const windowsAsleep = 312;
const windowsListenedIn = 8;
/** −76 dB of full scale: under the noise of any microphone or telephone line. */
const silent: Loudness = { power: 2.5e-8, treble: 2.5e-8 };
/** −66 dB of full scale. Noise as low as this, like the last bit of a telephone code that comes and goes, may be uneven. */
const negligible = 2.5e-7;
/** −45 dB of full scale. In a louder room speech need not be louder than the noise. */
const loudestFloor = 3.2e-5;
/** How far above its mean a window wakes the network: 1.5 dB over an even noise, at most 3 dB. */
const leastRise = 1.4;
const mostRise = 2;
const riseOverLoudest = 1.25;

/**
 * Learns the noise of a line from windows in which the network heard nothing, and says when a window is so much like it
 * that the network need not be asked. What is not even noise never lets it sleep.
 */
export class NoiseFloor {
  #attention: Attention = { kind: 'asleep', limit: silent, windowsToListenIn: Number.POSITIVE_INFINITY };
  /** The windows before this one, as far as nothing was heard in them. */
  #quiet: Loudness[] = [];

  get isAsleep(): boolean {
    return this.#attention.kind === 'asleep';
  }

  /** So many windows at least will be judged before it can fall asleep. */
  get windowsToJudge(): number {
    const awake = this.#attention;
    if (awake.kind === 'asleep') return 0;
    return Math.min(windowsToSettle - awake.quietWindows, windowsOfSilence - awake.silentWindows);
  }

  /** Whether this window needs no network. Once it does, all do, until `judged` has heard nothing for long enough. */
  skips(loudness: Loudness): boolean {
    const asleep = this.#attention;
    if (asleep.kind === 'awake') return false;
    if (!isWithin(loudness, asleep.limit)) {
      this.#quiet = [];
      this.#attention = { kind: 'awake', quietWindows: 0, silentWindows: 0 };
      return false;
    }
    asleep.windowsToListenIn -= 1;
    if (asleep.windowsToListenIn <= 0) {
      this.#attention = { kind: 'awake', quietWindows: windowsToSettle - windowsListenedIn, silentWindows: 0 };
      return false;
    }
    this.#learn(loudness);
    return true;
  }

  /** Takes what the network made of a window. */
  judged(loudness: Loudness, probability: number): void {
    const awake = this.#attention;
    if (awake.kind === 'asleep') return;
    if (probability >= heardNothing) {
      this.#quiet = [];
      awake.quietWindows = 0;
      awake.silentWindows = 0;
      return;
    }
    this.#learn(loudness);
    awake.quietWindows += 1;
    awake.silentWindows = isWithin(loudness, silent) ? awake.silentWindows + 1 : 0;
    if (awake.silentWindows >= windowsOfSilence) this.#sleep(silent, Number.POSITIVE_INFINITY);
    else if (awake.quietWindows >= windowsToSettle) {
      const limit = limitOver(this.#quiet);
      if (limit) this.#sleep(limit, windowsAsleep);
      else awake.quietWindows -= windowsListenedIn;
    }
  }

  #sleep(limit: Loudness, windowsToListenIn: number): void {
    this.#attention = { kind: 'asleep', limit, windowsToListenIn };
  }

  #learn(loudness: Loudness): void {
    this.#quiet.push(loudness);
    if (this.#quiet.length > windowsLearned) this.#quiet.shift();
  }
}

/** How loud the windows of 16 kHz audio are. */
export function loudnessOf(window: Float32Array): Loudness {
  let sum = 0;
  let squares = 0;
  let differences = 0;
  let last = window[0] ?? 0;
  for (const sample of window) {
    sum += sample;
    squares += sample * sample;
    differences += (sample - last) * (sample - last);
    last = sample;
  }
  const count = Math.max(1, window.length);
  return { power: Math.max(0, squares / count - (sum / count) ** 2), treble: differences / count };
}

/** What a window of this noise does not exceed, when it is even noise and low. */
function limitOver(windows: readonly Loudness[]): Loudness | undefined {
  const powers = windows.map((window) => window.power);
  const power = limitOf(powers);
  const treble = limitOf(windows.map((window) => window.treble));
  const isLow = meanOf(powers) <= loudestFloor;
  return isLow && power !== undefined && treble !== undefined ? { power, treble } : undefined;
}

function limitOf(values: readonly number[]): number | undefined {
  const loudest = Math.max(...values);
  if (loudest <= negligible) return negligible;
  const mean = meanOf(values);
  const rise = loudest / mean;
  return rise > mostRise ? undefined : mean * Math.min(mostRise, Math.max(leastRise, rise * riseOverLoudest));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function isWithin(loudness: Loudness, limit: Loudness): boolean {
  return loudness.power <= limit.power && loudness.treble <= limit.treble;
}
