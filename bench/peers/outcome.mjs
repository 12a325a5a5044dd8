/**
 * What came of asking a peer. Only an answer can be measured; the others are reported in words.
 *
 * @typedef {{ kind: 'answer', answer: import('./protocol.mjs').Done }
 *   | { kind: 'refused', message: string }
 *   | { kind: 'crashed', how: string, lastWords: string }
 *   | { kind: 'late', seconds: number }
 * } Outcome
 *
 * - `refused`: the peer said that it cannot.
 * - `crashed`: its process ended.
 * - `late`: nothing was heard for so long; the process was ended.
 */

const LONGEST_WORDS = 160;

/**
 * @param {Exclude<Outcome, { kind: 'answer' }>} outcome
 * @returns {string} for a cell of a table
 */
export function outcomeText(outcome) {
  switch (outcome.kind) {
    case 'refused':
      return `error: ${lastWords(outcome.message)}`;
    case 'crashed':
      return outcome.lastWords === ''
        ? `crash: ${outcome.how}`
        : `crash: ${outcome.how}, ${lastWords(outcome.lastWords)}`;
    case 'late':
      return `not finished in ${Math.round(outcome.seconds)} s`;
  }
}

/**
 * What a peer made of a model of which half is missing.
 *
 * @param {Outcome} loading
 * @param {Outcome | undefined} transcribing undefined when it was not asked
 */
export function truncatedModelText(loading, transcribing) {
  if (loading.kind !== 'answer')
    return loading.kind === 'late' ? `hang: ${outcomeText(loading)}` : outcomeText(loading);
  if (transcribing === undefined) return 'loaded';
  if (transcribing.kind === 'late') return `loaded, then hang: ${outcomeText(transcribing)}`;
  if (transcribing.kind !== 'answer') return `loaded, then ${outcomeText(transcribing)}`;
  const heard = transcribing.answer.kind === 'transcribed' ? transcribing.answer.heard[0] : undefined;
  if (heard === undefined) return `loaded, then hang: no text in time`;
  if ('error' in heard) return `loaded, then error: ${lastWords(heard.error)}`;
  return heard.text === '' ? '**empty success**' : `**success**: ${lastWords(heard.text)}`;
}

/**
 * @param {import('./protocol.mjs').Transcribed} answer
 * @param {number} asked
 */
export function overloadText({ heard, seconds }, asked) {
  const failed = heard.filter((each) => 'error' in each);
  const [first] = failed;
  const empty = heard.filter((each) => 'text' in each && each.text === '');
  return [
    `${heard.length - failed.length} of ${asked} in ${seconds.toFixed(1)} s`,
    ...(first && 'error' in first ? [`${failed.length} errors: ${lastWords(first.error)}`] : []),
    ...(empty.length > 0 ? [`${empty.length} of them empty`] : []),
  ].join('; ');
}

/**
 * @param {import('./protocol.mjs').Aborted} aborted
 * @param {number | undefined} coresFreeSeconds after the promise settled, until it computed no more
 */
export function abortText({ how, seconds }, coresFreeSeconds) {
  switch (how) {
    case 'has none':
      return 'has none';
    case 'never settles':
      return `never settles in ${Math.round(seconds)} s`;
    case 'finished':
      return `ignored: finished ${(1000 * seconds).toFixed(0)} ms later`;
    case 'settled': {
      const settled = `${(1000 * seconds).toFixed(0)} ms`;
      return coresFreeSeconds === undefined
        ? `${settled}, computes on`
        : `${settled}, cores free after ${(1000 * (seconds + coresFreeSeconds)).toFixed(0)} ms`;
    }
  }
}

/**
 * The end of what somebody printed, on one line, without the places of this machine.
 *
 * @param {string} text
 */
export function lastWords(text) {
  const line = text
    .replaceAll(/(?<![\w.])(?:\/[\w.@+-]+)+\/([\w.@+-]+)/g, '$1')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return line.length <= LONGEST_WORDS ? line : `…${line.slice(1 - LONGEST_WORDS)}`;
}
