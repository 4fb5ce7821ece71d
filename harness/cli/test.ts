import { relative, resolve } from 'node:path';
import { planPipeline } from '#subject/plan.ts';
import { readPipelineFile } from '#subject/read-file.ts';
import { helpOf, parseArguments, unknownName, usageError } from './arguments.ts';
import type { Host } from './host.ts';
import { HOLD_SECONDS, RATE } from './options.ts';
import { recordRun } from './record-run.ts';
import { testUsage } from './test-options.ts';
import { topologyOf, topologyWords } from './topology.ts';

/** `driftlab test`: runs somebody's own pipeline through the faults and returns the exit status. */
export async function testCommand(args: readonly string[], host: Host): Promise<number> {
  const { operands, options } = parseArguments(testUsage, args);
  if (options.help) {
    host.stdout.write(`${helpOf(testUsage)}\n`);
    return 0;
  }
  const [path] = operands;
  if (path === undefined) throw usageError(testUsage, 'which pipeline file? driftlab init writes one');
  const read = readPipelineFile(path, host.cwd);
  const limit = options['setup-limit'];
  const { operations } = options;
  const topology = topologyOf(options);
  const scenario = planPipeline(read, {
    ...{ operations, topology },
    ...(limit === undefined ? {} : { setUpLimitMs: limit * 1000 }),
  });
  const faults = scenario.modes.map(({ id }) => id);
  for (const name of options.only ?? []) if (!faults.includes(name)) throw unknownName('fault', name, faults);
  const subjects = Object.keys(scenario.variants);
  for (const name of options.subjects ?? []) if (!subjects.includes(name)) throw unknownName('subject', name, subjects);
  const seed = options.seed ?? host.randomSeed();
  return recordRun(host, {
    scenario,
    name: scenario.id,
    seed,
    rate: options.rate ?? read.file.writer?.rate ?? RATE,
    holdMs: Math.round((options.hold ?? HOLD_SECONDS) * 1000),
    ...(topology === undefined ? {} : { topology }),
    ...(options.only === undefined ? {} : { only: options.only }),
    ...(options.subjects === undefined ? {} : { variants: options.subjects }),
    reports: options['report-dir'] === undefined ? host.reports : resolve(host.cwd, options['report-dir']),
    replay: [
      `npx driftlab test ${relative(host.cwd, resolve(host.cwd, path)) || path} --seed ${seed}`,
      ...(options.rate === undefined ? [] : [`--rate ${options.rate}`]),
      ...(options.hold === undefined ? [] : [`--hold ${options.hold}`]),
      ...topologyWords(topology),
      ...(limit === undefined ? [] : [`--setup-limit ${limit}`]),
      ...(operations === undefined ? [] : [`--operations ${operations}`]),
      ...(options.only === undefined ? [] : [`--only ${options.only.join(',')}`]),
      ...(options.subjects === undefined ? [] : [`--subjects ${options.subjects.join(',')}`]),
    ].join(' '),
  });
}
