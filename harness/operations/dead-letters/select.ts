import { bytesText, type Contents } from './decode-letter.ts';
import { classesOf, type DeadLetter, shortClass } from './letter.ts';

/** Which records of a queue are meant, beside their offsets. */
export interface Selection {
  /** `id=7`, the value of a key of one column, or the key's bytes as text. */
  readonly key?: string | undefined;
  /** The class of the exception or of its last cause, with or without its package. */
  readonly class?: string | undefined;
}

export function isSelected({ key, failure }: DeadLetter, contents: Contents, selection: Selection): boolean {
  const { key: wanted, class: named } = selection;
  const keys = [
    contents.key,
    /^[^=,]+=([^=,]*)$/.exec(contents.key ?? '')?.[1],
    key === null ? undefined : bytesText(key),
  ];
  if (wanted !== undefined && !keys.includes(wanted)) return false;
  if (named === undefined) return true;
  return failure !== undefined && classesOf(failure).some((one) => [one, shortClass(one)].includes(named));
}
