import { appendFileSync, readFileSync } from 'node:fs';

/** What the processes that run the tests must know: a file, named in their environment. */
export const PLAN_VARIABLE = 'DRIFTLAB_MUTANTS_PLAN';

export interface Plan {
  /** Globs of the tests. */
  readonly tests: readonly string[];
  /** For each changed file, by its path, the file that holds it with all its mutants. */
  readonly instrumented: Readonly<Record<string, string>>;
  /** The mutants to be tried: the file of each by its id. */
  readonly mutants: Readonly<Record<string, string>>;
  /** Where the outcomes go, one JSON a line. */
  readonly log: string;
}

/** `begun`: it is being tried by the tests of a file. `covered`: these tests run it, and it survived them. */
type Outcome = 'begun' | 'covered' | 'caught' | 'timeout';

export interface LogLine {
  readonly id: string;
  readonly outcome: Outcome;
  /** The file of tests, and the test that noticed it. */
  readonly file: string;
  readonly test?: string;
}

/** A test that fails without any mutant: nothing can be said then. */
export interface BrokenLine {
  readonly broken: string;
}

export function readPlan(): Plan {
  return JSON.parse(readFileSync(process.env[PLAN_VARIABLE] ?? '', 'utf8')) as Plan;
}

export function readLog(log: string): (LogLine | BrokenLine)[] {
  return readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LogLine | BrokenLine);
}

export function note(log: string, line: LogLine | BrokenLine): void {
  appendFileSync(log, `${JSON.stringify(line)}\n`);
}
