import { resolve } from 'node:path';
import { buildReport } from '#report/build.ts';
import { differences } from '#report/differences.ts';
import { resolveRunFolder } from '#report/folder.ts';
import { readHistory, understand } from '#report/history.ts';
import { readReport } from '#report/read.ts';
import type { Report } from '#report/report.ts';
import { changes, closingLines, matrixLines } from '#report/text.ts';
import { OperatorError } from '#std/errors.ts';
import { paintFor } from '#tui/view.ts';
import { helpOf, parseArguments, usageError } from './arguments.ts';
import type { Host } from './host.ts';
import { recheckUsage } from './options.ts';

/** What `--json` prints. */
interface Rechecked {
  readonly run: string;
  /** The run's verdict, judged again. */
  readonly verdict: string;
  readonly same: boolean;
  /** What the report on disk says differently, a sentence each. */
  readonly differences: readonly string[];
  readonly report: Report;
}

/**
 * `driftlab recheck <folder>`: judges a finished run again from what its folder holds, without any server. Exit status: 0
 * PASS and 3 not judged where the report says the same, else 1.
 */
export async function recheckCommand(
  args: readonly string[],
  host: Pick<Host, 'stdout' | 'env' | 'cwd'>,
): Promise<number> {
  const { operands, options } = parseArguments(recheckUsage, args);
  if (options.help) {
    host.stdout.write(`${helpOf(recheckUsage)}\n`);
    return 0;
  }
  const [given] = operands;
  if (given === undefined) throw usageError(recheckUsage, 'which run? name its folder, such as reports/latest');
  const folder = resolveRunFolder(resolve(host.cwd, given));
  const { after, found } = await understand(folder, () => judgeAgain(folder));
  const same = found.length === 0;
  if (options.json) {
    const result: Rechecked = { run: after.run, verdict: after.verdict, same, differences: found, report: after };
    host.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  } else {
    const paint = paintFor(host.stdout, host.env);
    const width = Math.max(60, Math.min(host.stdout.columns ?? 100, 160));
    const last = same
      ? ['judged again without any server: identical to the report in every step and variant']
      : ['judged again without any server: differs from the report:', ...found.map((text) => `  ${text}`)];
    // A person who judges again asks why: also of what broke as it was expected to.
    const why = after.subject === undefined ? changes(after, true) : [];
    const causes = why.length === 0 ? [] : ['', paint('strong', 'why'), ...why, ''];
    host.stdout.write(
      `${['', ...matrixLines(after, width, paint), ...causes, '', ...closingLines(after, paint), ...last].join('\n')}\n`,
    );
  }
  if (!same) return 1;
  return after.verdict === 'PASS' ? 0 : after.verdict === 'UNKNOWN' ? 3 : 1;
}

async function judgeAgain(folder: string): Promise<{ readonly after: Report; readonly found: readonly string[] }> {
  const before = readReport(folder);
  const events = readHistory(folder);
  const { rejudge } = await import('#engine/recheck.ts');
  const after = buildReport(await rejudge(folder, events));
  if (after.run !== before.run)
    throw new OperatorError({
      code: 'run-mixed',
      message: 'the folder holds the report of one run and the history of another',
      expected: `the history of ${before.run}`,
      found: after.run,
    });
  return { after, found: differences(before, after) };
}
