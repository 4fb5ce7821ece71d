// Pipelines that people really run, each with what is right to say of it: verdict, classes, hop, words. Runs them one after
// another on one stack and prints a table; exit status 1 where something else is said of one.
// npm run bench cases -- [--only enum,toast/default] [--list] [--write FOLDER] [--files a.yaml,b.yaml]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { helpOf, parseArguments, type Usage } from '#cli/arguments.ts';
import { COMMON, names, REPORT_DIR } from '#cli/options.ts';
import { runtimeOf } from '#runtimes/index.ts';
import { OperatorError } from '#std/errors.ts';
import { runPipelineFile } from '#testing/subject.ts';
import { saidOf, wrongs } from './cases/judge.ts';
import type { Situation } from './cases/situation.ts';
import { SITUATIONS } from './cases/table/index.ts';
import { writeSituation } from './cases/write.ts';
import { print, runProgram } from './common/program.ts';

const options = {
  only: names('IDS', 'situations, or groups of them: enum,toast/default', 'all'),
  list: { kind: 'switch', help: 'list the situations' },
  write: { ...REPORT_DIR, help: 'write their files there, to run with driftlab test, and run nothing', otherwise: '' },
  files: names('FILES', 'pipeline files of your own to run instead, shown and held against nothing', 'none'),
  words: { kind: 'switch', help: 'print all that is said of each' },
  ...COMMON,
} as const;

const usage: Usage<typeof options> = {
  command: 'dev bench cases',
  summary:
    'Runs pipelines that people really run, and holds what is said of each against what is right.\n' +
    'Exit status: 0 all right, 1 not, 2 wrong usage. Needs pgbench.',
  operands: [],
  options,
  examples: ['npm run bench cases', 'npm run bench cases -- --only enum,keyless/appended --words'],
};

interface Tally {
  right: number;
  wrong: number;
}

async function main(signal: AbortSignal): Promise<number> {
  const { options: asked } = parseArguments(usage, process.argv.slice(2));
  if (asked.help) {
    print(helpOf(usage));
    return 0;
  }
  const chosen = choose(asked.only);
  if (asked.list) {
    for (const { id, about } of chosen) print(`${id.padEnd(32)} ${about}`);
    return 0;
  }
  if (asked.write !== undefined) {
    for (const situation of chosen) print(writeSituation(situation, join(asked.write, situation.id)));
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), 'driftlab-cases-'));
  const tally: Tally = { right: 0, wrong: 0 };
  try {
    await using stack = await runtimeOf().start({ logs: join(folder, 'logs'), signal });
    const run = (path: string) => runPipelineFile(path, { stack, folder, signal });
    if (asked.files !== undefined)
      for (const path of asked.files) await show(path, path, undefined, run, asked.words, tally);
    else
      for (const situation of chosen) {
        signal.throwIfAborted();
        const path = writeSituation(situation, join(folder, 'files', situation.id));
        await show(situation.id, path, situation, run, asked.words, tally);
      }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (asked.files === undefined) print(`${tally.right} of ${tally.right + tally.wrong} as is right`);
  return tally.wrong === 0 ? 0 : 1;
}

function choose(only: readonly string[] | undefined): readonly Situation[] {
  if (only === undefined) return SITUATIONS;
  const chosen = SITUATIONS.filter(({ id }) => only.some((name) => id === name || id.startsWith(`${name}/`)));
  const unknown = only.filter((name) => !SITUATIONS.some(({ id }) => id === name || id.startsWith(`${name}/`)));
  if (unknown.length > 0)
    throw new OperatorError({
      code: 'unknown-situation',
      message: `there is no situation ${unknown.join(', ')}`,
      expected: 'names that --list shows, or their first part',
    });
  return chosen;
}

type Run = (path: string) => ReturnType<typeof runPipelineFile>;

/** Runs a pipeline file and prints a line for each subject under each fault; without a situation nothing is held against it. */
async function show(
  name: string,
  path: string,
  situation: Situation | undefined,
  run: Run,
  words: boolean,
  tally: Tally,
): Promise<void> {
  const right = situation?.right;
  const began = performance.now();
  let ran: Awaited<ReturnType<Run>>;
  try {
    ran = await run(path);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    print(
      `${right === undefined ? ' ' : '✗'} ${name}: refused: ${error.message}${error.found === undefined ? '' : ` (${error.found})`}`,
    );
    if (right !== undefined) tally.wrong += 1;
    return;
  }
  const { report } = ran;
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  const cells = report.subject?.cells.map(({ fault, subject }) => `${fault}/${subject}`) ?? [];
  print(`${name}: ${seconds} s${report.reason === undefined ? '' : `, ended early: ${report.reason}`}`);
  if (situation?.ends !== undefined) {
    const missing = situation.ends.filter((pattern) => !pattern.test(report.reason ?? ''));
    for (const pattern of missing) print(`  ✗ nothing says ${pattern} of why it ended`);
    tally[missing.length === 0 ? 'right' : 'wrong'] += 1;
    return;
  }
  for (const cell of new Set([...cells, ...Object.keys(right ?? {})])) {
    const said = saidOf(report, cell);
    const expected = right?.[cell];
    const wrong =
      right === undefined
        ? []
        : said === undefined
          ? ['not judged']
          : expected === undefined
            ? ['not expected at all']
            : wrongs(said, expected);
    if (wrong.length === 0) tally.right += 1;
    else tally.wrong += 1;
    const mark = right === undefined ? ' ' : wrong.length === 0 ? '✓' : '✗';
    const hops = said?.cell.hops.join(', ') ?? '';
    print(`  ${mark} ${cell.padEnd(34)} ${(said?.cell.seen ?? '').slice(0, 60).padEnd(60)} ${hops}`);
    for (const one of wrong) print(`      ${one}`);
    const [first] = said?.variant.causes ?? [];
    if (first !== undefined) print(`      ${first.code}: ${first.says}`);
    if ((words || wrong.length > 0) && said !== undefined) print(said.words.replaceAll(/^/gm, '      | '));
  }
  if (words) for (const one of report.subject?.unchecked ?? []) print(`      not checked: ${one}`);
}

await runProgram(main);
