/**
 * The numbers in a list as the kernel writes it, '0-3,8,10-11'; none in an empty one.
 * @throws Error when it is not such a list
 */
export function numbersIn(list: string): readonly number[] {
  const text = list.trim();
  if (text === '') return [];
  return text.split(',').flatMap((part) => {
    // No kernel counts its CPUs beyond five digits.
    const range = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part);
    if (!range) throw new Error(`'${text}' is not a list of numbers`);
    const [first, last] = [Number(range[1]), Number(range[2] ?? range[1])];
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
  });
}
