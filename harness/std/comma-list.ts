/** The parts of a list as configurations write it, `a, b`: without the blanks around them, and none that is empty. */
export function commaList(text = ''): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
