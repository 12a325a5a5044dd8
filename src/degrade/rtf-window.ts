const mostDecodes = 512;
const windowSeconds = 60;
const turnaroundSeconds = 10;

interface DecodeRtf {
  readonly atSeconds: number;
  /** Of the decode itself; undefined when that is counted already. */
  readonly rtf: number | undefined;
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
    const recent: number[] = [];
    for (const { atSeconds, rtf } of this.#decodes.slice(-mostDecodes)) {
      if (rtf !== undefined && nowSeconds - atSeconds <= windowSeconds) recent.push(rtf);
    }
    const sorted = new Float64Array(recent).sort();
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
