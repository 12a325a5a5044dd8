import { digits } from '../markdown.mjs';

/**
 * @param {import('./bend.mjs').Growth} growth
 * @param {string} step what x counts
 */
export function growthText(growth, step) {
  if (growth.kind === 'linear') return `grows by ${digits(growth.slope)} a ${step} over all that was measured`;
  return `grows by ${digits(growth.slope)} a ${step} up to ${digits(growth.at)}, by ${digits(growth.slopeAfter)} beyond`;
}
