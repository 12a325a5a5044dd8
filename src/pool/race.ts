import type { Decode, SlotOutcome } from '../provider/decode.js';

/**
 * The first text of two decodes of the same audio; the other one is stopped. When both fail, what `own` failed with.
 * @param own - decodes in the caller's memory: nothing settles before it has let go of that
 * @param rival - decodes in memory of its own
 */
export function raceOf(own: Decode, rival: Decode): Decode {
  const run = async (): Promise<SlotOutcome> => {
    const won = (decode: Decode) => decode.outcome.then(() => decode);
    const winner = await Promise.any([won(own), won(rival)]).catch(() => own);
    const loser = winner === own ? rival : own;
    loser.stop();
    const loss = loser.outcome.catch(() => undefined);
    if (loser === own) await loss;
    return await winner.outcome;
  };
  const stop = () => {
    own.stop();
    rival.stop();
  };
  return { outcome: run(), stop };
}
