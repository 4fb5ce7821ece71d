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
