// Plants causes on real servers, one a subject, several subjects a run, and looks whether each is named first for its planting
// and no other is named, and none where nothing is wrong. Exit status 1 where one is not.
// npm run bench causes -- [--only sink-type-json,types] [--list] [--words] [--write FOLDER]
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { helpOf, parseArguments, type Usage } from '#cli/arguments.ts';
import { COMMON, names, REPORT_DIR } from '#cli/options.ts';
import { CAUSES } from '#diagnosis/causes/index.ts';
import { runScenario } from '#engine/run.ts';
import type { RunEvent } from '#model/run-event.ts';
import type { Stack } from '#model/stack.ts';
import { buildReport } from '#report/build.ts';
import type { Report } from '#report/report.ts';
import { runtimeOf } from '#runtimes/index.ts';
import { OperatorError } from '#std/errors.ts';
import { runPipelineFile } from '#testing/subject.ts';
import { canonical } from '../scenarios/01-canonical-reference/scenario.ts';
import { GROUPS } from './causes/groups/index.ts';
import { type Judged, judge } from './causes/judge.ts';
import { filesOf, type Group, nameOf, tablesOf } from './causes/planting.ts';
import { UNPLANTED } from './causes/unplanted.ts';
import { print, runProgram } from './common/program.ts';

const options = {
  only: names('NAMES', 'causes, or groups of them, and the controls beside them', 'all'),
  list: { kind: 'switch', help: 'list the plantings' },
  write: { ...REPORT_DIR, help: 'write their files there, to run with driftlab test, and run nothing', otherwise: '' },
  words: { kind: 'switch', help: 'print evidence, remedies and examples of each' },
  ...COMMON,
} as const;

const usage: Usage<typeof options> = {
  command: 'dev bench causes',
  summary:
    'Plants causes on real servers and looks whether each is named first, and none where nothing is wrong.\n' +
    'Exit status: 0 all right, 1 not, 2 wrong usage. Needs psql.',
  operands: [],
  options,
  examples: ['npm run bench causes', 'npm run bench causes -- --only sink-type-json,publication --words'],
};

/** Enough for each of some twenty tables to be written, changed and deleted from. */
const OPERATIONS = 300;

async function main(signal: AbortSignal): Promise<number> {
  const { options: asked } = parseArguments(usage, process.argv.slice(2));
  if (asked.help) {
    print(helpOf(usage));
    return 0;
  }
  const groups = choose(asked.only);
  if (asked.list) {
    for (const { id, plantings } of groups)
      for (const planting of plantings) print(`${id.padEnd(12)} ${planting.code ?? `(sound) ${nameOf(planting)}`}`);
    return 0;
  }
  if (asked.write !== undefined) {
    for (const group of groups.filter(({ modes }) => modes === undefined))
      print(write(group, join(asked.write, group.id)));
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), 'driftlab-causes-'));
  const judged: Judged[] = [];
  try {
    await using stack = await runtimeOf().start({ logs: join(folder, 'logs'), signal });
    for (const group of groups) {
      signal.throwIfAborted();
      judged.push(...(await runGroup(group, { stack, folder, signal, words: asked.words })));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return total(judged, asked.only === undefined);
}

/** Groups with the plantings that are asked for, and all that is sound beside them. */
function choose(only: readonly string[] | undefined): readonly Group[] {
  if (only === undefined) return GROUPS;
  const known = GROUPS.flatMap(({ id, plantings }) => [id, ...plantings.map(nameOf)]);
  const unknown = only.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new OperatorError({
      code: 'unknown-planting',
      message: `there is no planting ${unknown.join(', ')}`,
      expected: 'causes or groups that --list shows',
    });
  return GROUPS.flatMap((group) => {
    const named = only.includes(group.id) || group.plantings.some((one) => only.includes(nameOf(one)));
    // Publications name the tables of several plantings.
    if (only.includes(group.id) || (named && group.publications !== undefined)) return [group];
    const chosen = group.plantings.filter((planting) => only.includes(nameOf(planting)));
    if (chosen.length === 0) return [];
    const own = new Set(chosen.flatMap(tablesOf));
    // What is sound beside them, where its tables are there without the others.
    const sound = group.plantings.filter(
      (one) => one.code === undefined && one.tables.every((table) => typeof table !== 'string' || own.has(table)),
    );
    return [{ ...group, plantings: [...chosen, ...sound.filter((one) => !chosen.includes(one))] }];
  });
}

function write(group: Group, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const { files, pipeline } = filesOf(group);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const path = join(folder, 'pipeline.yaml');
  writeFileSync(path, `# ${group.about}\n${stringify(pipeline)}`);
  return path;
}

async function runGroup(
  group: Group,
  { stack, folder, signal, words }: { stack: Stack; folder: string; signal: AbortSignal; words: boolean },
): Promise<Judged[]> {
  const began = performance.now();
  const report = await reportOf(group, { stack, folder, signal });
  print(
    `${group.id}: ${((performance.now() - began) / 1000).toFixed(0)} s${report.reason === undefined ? '' : `, ended early: ${report.reason}`}`,
  );
  const judged = judge(group, report);
  for (const one of judged) show(one, report, words);
  if (words) for (const one of report.subject?.unchecked ?? []) print(`      not checked: ${one}`);
  return judged;
}

async function reportOf(group: Group, at: { stack: Stack; folder: string; signal: AbortSignal }): Promise<Report> {
  if (group.modes === undefined) {
    const path = write(group, join(at.folder, 'files', group.id));
    return (await runPipelineFile(path, { ...at, operations: group.operations ?? OPERATIONS })).report;
  }
  const events: RunEvent[] = [];
  await runScenario({
    ...{ ...at, scenario: canonical, run: group.id, seed: 7, rate: 40, holdMs: 500, drainLimitMs: 60_000 },
    ...{ only: group.modes, variants: group.plantings.map(nameOf) },
    folder: mkdtempSync(join(at.folder, 'run-')),
    emit: (event) => events.push(event),
  });
  return buildReport(events);
}

function show({ group, planting, planted, seen, causes, wrong, right }: Judged, report: Report, words: boolean): void {
  const name = planted ?? `(sound) ${nameOf(planting)}`;
  const [first] = causes;
  const said = first === undefined ? '' : `${first.code} (${first.certainty})`;
  print(
    `  ${right && wrong.length === 0 ? '✓' : '✗'} ${name.padEnd(30)} ${(seen ?? 'not judged').slice(0, 44).padEnd(44)} ${said}${wrong.length === 0 ? '' : `, falsely ${wrong.join(', ')}`}`,
  );
  if (!words && right && wrong.length === 0) return;
  for (const { code, says, evidence, remedy } of causes)
    for (const line of [
      `${code}: ${says}`,
      ...evidence.map((one) => `  read: ${one}`),
      ...remedy.map((one) => `  do: ${one}`),
    ])
      print(`      ${line}`);
  const step = report.modes
    .flatMap(({ steps }) => steps)
    .find(({ id }) => group.endsWith(`/${id}`) || !group.includes('/'));
  const shown = step?.variants[nameOf(planting)];
  if (shown?.reason !== undefined) print(`      | ${shown.reason.replaceAll('\n', '\n      | ')}`);
  for (const { detail } of shown?.examples.slice(0, 4) ?? []) print(`      | ${detail}`);
}

/** Prints the totals; `all` says that every planting was run, and then every cause must have one, or a reason. */
function total(judged: readonly Judged[], all: boolean): number {
  const planted = judged.filter((one) => one.planted !== undefined);
  const sound = judged.filter((one) => one.planted === undefined);
  const first = planted.filter(({ right }) => right);
  const falsely = judged.flatMap(({ wrong }) => wrong);
  const codes = new Set(planted.map((one) => one.planted));
  print(
    `named first ${first.length} / planted ${planted.length} (${codes.size} of ${CAUSES.length} causes), false causes ${falsely.length}, sound ${sound.filter(({ right }) => right).length} / ${sound.length}`,
  );
  for (const [code, why] of all ? Object.entries(UNPLANTED) : []) print(`not planted: ${code} (${why})`);
  const missing = CAUSES.filter(({ code }) => all && !codes.has(code) && UNPLANTED[code] === undefined);
  for (const { code } of missing) print(`✗ ${code} has neither a planting nor a reason for having none`);
  if (missing.length > 0) return 1;
  return first.length === planted.length && falsely.length === 0 && sound.every(({ right }) => right) ? 0 : 1;
}

await runProgram(main);
