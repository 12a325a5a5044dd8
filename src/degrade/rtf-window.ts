const mostDecodes = 256;
const windowSeconds = 60;
const turnaroundSeconds = 10;

interface DecodeRtf {
  readonly atSeconds: number;
  readonly rtf: number;
  /** Wait included; undefined for what nobody waits for. */
  readonly turnaround: number | undefined;
}

/** How fast the last decodes were. */
export class RtfWindow {
  #decodes: DecodeRtf[] = [];

  add(decode: DecodeRtf): void {
    this.#decodes.push(decode);
    if (this.#decodes.length > 2 * mostDecodes) this.#decodes = this.#decodes.slice(-mostDecodes);
  }

  /** Of the last minute; all 0 when there was none. */
  quantiles(nowSeconds: number): { readonly mean: number; readonly p50: number; readonly p95: number } {
    const recent = this.#decodes.slice(-mostDecodes).filter(({ atSeconds }) => nowSeconds - atSeconds <= windowSeconds);
    const sorted = Float64Array.from(recent, ({ rtf }) => rtf).sort();
    const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
    return { mean: meanOf(sorted), p50: at(0.5), p95: at(0.95) };
  }

  /** Of the last 10 s. */
  meanTurnaround(nowSeconds: number): number {
    const recent: number[] = [];
    for (const { atSeconds, turnaround } of this.#decodes.slice(-mostDecodes)) {
      if (turnaround !== undefined && nowSeconds - atSeconds <= turnaroundSeconds) recent.push(turnaround);
    }
    return meanOf(recent);
  }
}

function meanOf(values: Iterable<number>): number {
  let [sum, count] = [0, 0];
  for (const value of values) [sum, count] = [sum + value, count + 1];
  return count === 0 ? 0 : sum / count;
}
