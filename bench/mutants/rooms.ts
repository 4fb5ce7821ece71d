/** A part of the code whose every small change a unit test must notice. */
export interface Room {
  readonly id: string;
  /** What is changed, as globs from the root; tests are left out. */
  readonly files: readonly string[];
  /** The unit tests that are run against it. */
  readonly tests: readonly string[];
}

/** The modules that make statements, each of one query at most. Whole conversations with a server are for the stack tests. */
const BUILDERS = [
  'apply-bookkeeping',
  'apply-statements',
  'canonical',
  'ddl',
  'digests',
  'effects',
  'lsn',
  'numbers',
  'publications',
  'versions',
  'reconcile/forms',
  'reconcile/repair',
  'reconcile/statements',
].map((name) => `harness/engines/postgres/${name}`);

/** What PostgreSQL and MariaDB have in common, and the builders of the second. */
const SECOND = [
  'canonical-text',
  'postgres/definitions',
  'postgres/kinds',
  'postgres/writes',
  'mariadb/apply-statements',
  'mariadb/definitions',
  'mariadb/input-text',
  'mariadb/kinds',
  'mariadb/position',
  'mariadb/quote',
  'mariadb/row-text',
  'mariadb/sink-ddl',
  'mariadb/source-block',
  'mariadb/writes',
].map((name) => `harness/engines/${name}`);

export const ROOMS: readonly Room[] = [
  { id: 'sql', files: BUILDERS.map((path) => `${path}.ts`), tests: BUILDERS.map((path) => `${path}.test.ts`) },
  { id: 'engines', files: SECOND.map((path) => `${path}.ts`), tests: SECOND.map((path) => `${path}.test.ts`) },
  { id: 'judge', files: ['harness/verify/judge/**/*.ts'], tests: ['harness/verify/judge/**/*.test.ts'] },
  { id: 'diagnosis', files: ['harness/diagnosis/**/*.ts'], tests: ['harness/diagnosis/**/*.test.ts'] },
];
