/** What segments of one piece say together. Each brings the space before it along; the outermost is none of the text. */
export function textOf(segments: readonly { readonly text: string }[]): string {
  const text = segments.map((segment) => segment.text).join('');
  return text.trim();
}
