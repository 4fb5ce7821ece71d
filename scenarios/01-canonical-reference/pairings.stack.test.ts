import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { scenarioCommand } from '#testing/command.ts';
import { describeMysql } from '#testing/with-mysql.ts';

interface Report {
  readonly verdict: string;
  readonly reason?: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly modes: readonly {
    readonly id: string;
    readonly steps: readonly {
      readonly id: string;
      readonly fault: { readonly bit: boolean | null; readonly evidence: { readonly text: string } };
      readonly variants: Readonly<
        Record<string, { readonly met: boolean; readonly seen: string; readonly examples?: readonly object[] }>
      >;
    }[];
  }[];
}

let reports: string;
beforeAll(() => {
  reports = mkdtempSync(join(tmpdir(), 'driftlab-pairings-'));
});
afterAll(() => rmSync(reports, { recursive: true, force: true }));

/** The scenario as a person runs it between databases of these engines; PostgreSQL's own is canonical.stack.test.ts's. */
async function run(
  source: string,
  sink: string,
  more: readonly string[] = [],
): Promise<{ readonly exit: number; readonly report: Report }> {
  const databases = ['--source', source, '--sink', sink];
  const args = ['canonical', ...databases, '--seed', '7', ...more];
  const { outcome, report } = await scenarioCommand<Report>(join(reports, `${source}-${sink}`), ...args);
  return { exit: outcome.exit, report };
}

const MODES = ['restart', 'lag', 'schema', 'duplicate', 'backfill'];
const TITLE = 'from %s to %s every fault takes effect and every variant shows what it should';

test.each([
  ['mariadb', 'postgres'],
  ['postgres', 'mariadb'],
  ['mariadb', 'mariadb'],
])(
  TITLE,
  async (source, sink) => {
    const { exit, report } = await run(source, sink);
    expectAsItShould(exit, report, MODES);
    expect(Object.keys(report.versions)).toContain('MariaDB');
  },
  600_000,
);

describeMysql('MySQL', () => {
  // What one direction leaves out differs in nothing but the other end from what the other has.
  test.each([
    ['mysql', 'postgres', ['restart', 'schema', 'duplicate', 'backfill']],
    ['postgres', 'mysql', ['restart', 'schema']],
  ] as const)(
    TITLE,
    async (source, sink, modes) => {
      const { exit, report } = await run(source, sink, ['--only', modes.join(',')]);
      expectAsItShould(exit, report, modes);
      expect(Object.keys(report.versions)).toContain('MySQL');
    },
    600_000,
  );
});

function expectAsItShould(exit: number, report: Report, modes: readonly string[]): void {
  const wrong = report.modes.flatMap(({ id: mode, steps }) =>
    steps.flatMap(({ id: step, fault, variants }) => [
      ...(fault.bit === true ? [] : [`${mode}/${step}: ${fault.evidence.text}`]),
      ...Object.entries(variants).flatMap(([variant, { met, seen, examples = [] }]) =>
        // What a failure was can be told from its rows alone, and the report is gone.
        met ? [] : [`${mode}/${step}/${variant}: ${seen}; ${JSON.stringify(examples.slice(0, 3))}`],
      ),
    ]),
  );
  // Of a run that ended early the reason is told first: its last modes were not run, which says nothing of their faults.
  expect([report.reason, ...wrong].filter((one) => one !== undefined)).toEqual([]);
  expect([exit, report.verdict]).toEqual([0, 'PASS']);
  expect(report.modes.map(({ id }) => id)).toEqual(modes);
}
