import { resolve } from 'node:path';
import { resolveRunFolder } from '#report/folder.ts';
import { readHistory, understand } from '#report/history.ts';
import { writeReports } from '#report/index.ts';
import { helpOf, parseArguments, usageError } from './arguments.ts';
import type { Host } from './host.ts';
import { reportUsage } from './options.ts';
import { printReport } from './record-run.ts';

/** `driftlab report <folder>`: writes a finished run's reports again from its history. Exit 0: it was not judged anew. */
export async function reportCommand(
  args: readonly string[],
  host: Pick<Host, 'stdout' | 'env' | 'cwd'>,
): Promise<number> {
  const { operands, options } = parseArguments(reportUsage, args);
  if (options.help) {
    host.stdout.write(`${helpOf(reportUsage)}\n`);
    return 0;
  }
  const [given] = operands;
  if (given === undefined) throw usageError(reportUsage, 'which run? name its folder, such as reports/latest');
  const folder = resolveRunFolder(resolve(host.cwd, given));
  const report = await understand(folder, () => writeReports(folder, readHistory(folder)));
  printReport(host, folder, report);
  return 0;
}
