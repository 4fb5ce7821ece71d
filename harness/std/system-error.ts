import { OperatorError } from './errors.ts';

/** What the system's answers mean, for those who do not know their codes. */
const MEANING: Readonly<Record<string, string>> = {
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of that path is a file',
  EISDIR: 'that is a folder',
  ENOENT: 'it is not there',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'its symbolic links lead in a circle',
  EMFILE: 'too many files are open',
  EIO: 'the disk has failed',
};

/** What the system refused to do with a file, as an error for people; undefined for any other error. */
export function asSystemError(thrown: unknown): OperatorError | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const { code = '', syscall, path } = thrown as NodeJS.ErrnoException;
  const meaning = Object.hasOwn(MEANING, code) ? MEANING[code] : undefined;
  if (meaning === undefined || syscall === undefined || path === undefined) return undefined;
  return new OperatorError({
    code: 'system-refused',
    message: `the system refused to ${syscall} ${path}`,
    found: `${meaning} (${code})`,
    hint: 'npx driftlab doctor shows what this machine lacks, and where everything lies',
    cause: thrown,
    exit: 3,
  });
}
