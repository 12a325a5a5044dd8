/** Whether a number is one that can be counted in: a defect in a measurement never spoils what else was measured. */
export function isMeasure(value: number): boolean {
  return Number.isFinite(value) && value >= 0;
}
