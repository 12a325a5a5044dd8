/** For a flag that may be given again: all its values. */
export function several(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}
