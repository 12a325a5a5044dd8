/** A JSON document for programs. JSON knows no Infinity: where there is no limit it says `unlimited`. */
export function jsonText(value: unknown): string {
  const limit = (_: string, field: unknown) => (field === Number.POSITIVE_INFINITY ? 'unlimited' : field);
  return `${JSON.stringify(value, limit, 2)}\n`;
}
