/** A part of the code whose every small change a unit test must notice. */
export interface Room {
  readonly id: string;
  /** What is changed, as globs from the root; tests are left out. */
  readonly files: readonly string[];
  /** The unit tests that are run against it. */
  readonly tests: readonly string[];
}

const SQL = 'harness/engines/postgres';

export const ROOMS: readonly Room[] = [
  {
    id: 'sql',
    // The pure modules that make statements, and those of one query each. What holds connections is left to the stack tests.
    files: [
      'apply-bookkeeping',
      'apply-statements',
      'canonical',
      'copy-types',
      'ddl',
      'digests',
      'effects',
      'lsn',
      'numbers',
      'own-tables',
      'publications',
      'sql-statements',
      'versions',
      'reconcile/forms',
      'reconcile/repair',
      'reconcile/statements',
    ].map((name) => `${SQL}/${name}.ts`),
    tests: [`${SQL}/**/*.test.ts`],
  },
  { id: 'judge', files: ['harness/verify/judge/**/*.ts'], tests: ['harness/verify/judge/**/*.test.ts'] },
  { id: 'diagnosis', files: ['harness/diagnosis/**/*.ts'], tests: ['harness/diagnosis/**/*.test.ts'] },
];
