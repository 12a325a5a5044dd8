/** A bucket that refills steadily. It starts full, and what was asked of it too often is not held against anybody. */
export interface TokenBucket {
  readonly tokens: number;
  readonly atSeconds: number;
}

export type Draw =
  | { readonly kind: 'drawn'; readonly bucket: TokenBucket }
  | { readonly kind: 'empty'; readonly waitSeconds: number };

/** Takes one token of a bucket that holds `perMinute` and gets as many a minute; undefined for one never used. */
export function draw(bucket: TokenBucket | undefined, perMinute: number, nowSeconds: number): Draw {
  const perSecond = perMinute / 60;
  const { tokens, atSeconds } = bucket ?? { tokens: perMinute, atSeconds: nowSeconds };
  const held = Math.min(perMinute, tokens + (nowSeconds - atSeconds) * perSecond);
  if (held < 1) return { kind: 'empty', waitSeconds: (1 - held) / perSecond };
  return { kind: 'drawn', bucket: { tokens: held - 1, atSeconds: nowSeconds } };
}
