// The set-up's one error for people. Node 20, no dependency.

/** Says what is wrong, what was expected, what was found and what to do. */
export class SetupProblem extends Error {
  /** @param {{ message: string, expected: string, found: string, fix: string }} details */
  constructor(details) {
    super(details.message);
    this.name = 'SetupProblem';
    this.expected = details.expected;
    this.found = details.found;
    this.fix = details.fix;
  }
}

/**
 * The problem as lines for a terminal, in the same form as the program's own errors.
 * @param {SetupProblem} problem
 */
export function explainProblem(problem) {
  return [
    `error: ${problem.message}`,
    `  expected: ${problem.expected}`,
    `  found:    ${problem.found}`,
    `  do:       ${problem.fix}`,
  ].join('\n');
}

/**
 * @param {unknown} thrown
 * @returns {string}
 */
export function messageOf(thrown) {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/**
 * What was thrown as a problem for people, where the system refused something; thrown again where it is a bug of ours.
 * @param {unknown} thrown
 * @returns {SetupProblem}
 */
export function asProblem(thrown) {
  if (thrown instanceof SetupProblem) return thrown;
  const { code, syscall, path, message } = /** @type {NodeJS.ErrnoException} */ (thrown ?? {});
  if (code === undefined || syscall === undefined) throw thrown;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new SetupProblem({
      message: `there is no room left on the disk${path === undefined ? '' : ` at ${path}`}`,
      expected: 'room for what the set-up makes, 1500 MB',
      found: message,
      fix: 'make room there, or set DRIFTLAB_CACHE to a folder on a larger disk, then run this again',
    });
  return new SetupProblem({
    message: `the system refused to ${syscall}${path === undefined ? '' : ` ${path}`}`,
    expected: 'a cache and a checkout that this user may read and write, and room in them',
    found: message,
    fix: 'npx driftlab doctor shows where they lie; DRIFTLAB_CACHE names another cache',
  });
}
