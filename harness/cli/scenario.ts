import { resolve } from 'node:path';
import type { Scenario } from '#model/scenario.ts';
import { OperatorError } from '#std/errors.ts';
import type { OptionValues } from './arguments.ts';
import { helpOf, parseArguments, unknownName, usageError } from './arguments.ts';
import type { Host } from './host.ts';
import { enginesOf, HOLD_SECONDS, RATE, scenarioUsage } from './options.ts';
import { recordRun } from './record-run.ts';
import { isScenarioFile, loadScenarioFile } from './scenario-file.ts';
import { topologyOf, topologyWords } from './topology.ts';

type Options = OptionValues<typeof scenarioUsage.options>;

/** `driftlab scenario`: runs one and returns its exit status. */
export async function scenarioCommand(args: readonly string[], host: Host): Promise<number> {
  const { operands, options } = parseArguments(scenarioUsage, args);
  if (options.help) {
    host.stdout.write(`${helpOf(scenarioUsage)}\n`);
    return 0;
  }
  const scenarios = await host.loadScenarios();
  if (options.list) {
    host.stdout.write(`${listOf(scenarios)}\n`);
    return 0;
  }
  const [wanted] = operands;
  const own = wanted !== undefined && isScenarioFile(wanted);
  const scenario = own ? await loadScenarioFile(wanted, host.cwd) : findScenario(scenarios, wanted);
  checkNames(scenario, options);
  const seed = options.seed ?? host.randomSeed();
  const name = shortName(scenario);
  const topology = topologyOf(options);
  return recordRun(host, {
    scenario: bounded(scenario, options['max-in-flight-bytes']),
    name,
    seed,
    rate: options.rate ?? RATE,
    holdMs: Math.round((options.hold ?? HOLD_SECONDS) * 1000),
    engines: enginesOf(options),
    ...(options.only === undefined ? {} : { only: options.only }),
    ...(options['at-op'] === undefined ? {} : { atOperations: momentsOf(scenario, options) }),
    ...(options.variants === undefined ? {} : { variants: options.variants }),
    ...(topology === undefined ? {} : { topology }),
    reports: options['report-dir'] === undefined ? host.reports : resolve(host.cwd, options['report-dir']),
    replay: replayOf(own ? wanted : name, seed, options),
  });
}

/** The scenario with its built-in appliers' memory bounded, each alike. */
function bounded(scenario: Scenario, maxInFlightBytes: number | undefined): Scenario {
  if (maxInFlightBytes === undefined) return scenario;
  const each = (variants: Scenario['variants']): Scenario['variants'] =>
    Object.fromEntries(
      Object.entries(variants).map(([name, spec]) => [
        name,
        spec.kind === 'builtin' ? { ...spec, maxInFlightBytes } : spec,
      ]),
    );
  return {
    ...scenario,
    variants: each(scenario.variants),
    modes: scenario.modes.map((mode) =>
      mode.variants === undefined ? mode : { ...mode, variants: each(mode.variants) },
    ),
  };
}

/** The name that people type. */
function shortName(scenario: Scenario): string {
  return scenario.aliases[0] ?? scenario.id;
}

function findScenario(scenarios: readonly Scenario[], wanted: string | undefined): Scenario {
  const names = scenarios.flatMap(({ id, aliases }) => [...aliases, id]);
  if (wanted === undefined) {
    throw new OperatorError({
      code: 'scenario-missing',
      message: 'which scenario?',
      expected: `one of ${names.join(', ')}`,
      hint: `npx driftlab scenario ${names[0] ?? '<name>'}`,
    });
  }
  const found = scenarios.find(({ id, aliases }) => id === wanted || aliases.includes(wanted));
  if (found === undefined) throw unknownName('scenario', wanted, names);
  return found;
}

function checkNames(scenario: Scenario, { only, variants }: Options): void {
  const modes = scenario.modes.map(({ id }) => id);
  for (const name of only ?? []) if (!modes.includes(name)) throw unknownName('mode', name, modes);
  if (variants === undefined) return;
  const run = scenario.modes.filter(({ id }) => only?.includes(id) ?? true);
  const known = variantsOf(scenario, scenario.modes);
  const available = variantsOf(scenario, run);
  for (const name of variants) {
    if (!known.includes(name)) throw unknownName('variant', name, known);
    if (!available.includes(name)) {
      const owners = scenario.modes.filter((mode) => Object.hasOwn(mode.variants ?? {}, name)).map(({ id }) => id);
      throw usageError(scenarioUsage, `variant "${name}" belongs to mode ${owners.join(', ')}, which is not to be run`);
    }
  }
}

/** The moments of `--at-op` by `mode/step`. */
function momentsOf(scenario: Scenario, { only, 'at-op': moments = [] }: Options): Readonly<Record<string, number>> {
  const modes = scenario.modes.filter(({ id }) => only?.includes(id) ?? true);
  const steps = modes.flatMap((mode) => mode.steps.map(({ id }, index) => ({ id, index, path: `${mode.id}/${id}` })));
  const found: Record<string, number> = {};
  for (const { step, operation } of moments) {
    const meant = steps.filter(({ id, index, path }) =>
      step === undefined ? index === 0 : step === id || step === path,
    );
    if (meant.length === 0 && step !== undefined)
      throw unknownName('step', step, [...new Set(steps.flatMap(({ id, path }) => [id, path]))]);
    for (const { path } of meant) found[path] = operation;
  }
  for (const { id, steps: inOrder } of modes) {
    const wanted = inOrder.flatMap((step) => found[`${id}/${step.id}`] ?? []);
    if (wanted.some((operation, index) => operation <= (wanted[index - 1] ?? 0)))
      throw usageError(scenarioUsage, `--at-op: the steps of ${id} come one after another, so their numbers must rise`);
  }
  return found;
}

function variantsOf(scenario: Scenario, modes: Scenario['modes']): string[] {
  return [...new Set([scenario, ...modes].flatMap(({ variants }) => Object.keys(variants ?? {})))];
}

/** The command that runs to reproduce it: all that was chosen, and the seed though it was not. */
function replayOf(name: string, seed: number, options: Options): string {
  const parts = [`npx driftlab scenario ${name} --seed ${seed}`];
  if (options.rate !== undefined) parts.push(`--rate ${options.rate}`);
  if (options.source !== undefined) parts.push(`--source ${options.source}`);
  if (options.sink !== undefined) parts.push(`--sink ${options.sink}`);
  parts.push(...topologyWords(topologyOf(options)));
  if (options.hold !== undefined) parts.push(`--hold ${options.hold}`);
  const moments = options['at-op']?.map(({ step, operation }) =>
    step === undefined ? `${operation}` : `${step}=${operation}`,
  );
  if (moments !== undefined) parts.push(`--at-op ${moments.join(',')}`);
  if (options.only !== undefined) parts.push(`--only ${options.only.join(',')}`);
  if (options.variants !== undefined) parts.push(`--variants ${options.variants.join(',')}`);
  const bytes = options['max-in-flight-bytes'];
  if (bytes !== undefined) parts.push(`--max-in-flight-bytes ${bytes}`);
  return parts.join(' ');
}

function listOf(scenarios: readonly Scenario[]): string {
  return scenarios
    .map((scenario) => {
      const width = Math.max(...scenario.modes.map(({ id }) => id.length));
      const modes = scenario.modes.map(({ id, title, variants }) => {
        const more = Object.keys(variants ?? {});
        return `    ${id.padEnd(width)}  ${title}${more.length === 0 ? '' : ` (adds variants ${more.join(', ')})`}`;
      });
      const variants = Object.entries(scenario.variants);
      const wide = Math.max(...variants.map(([name]) => name.length));
      return [
        `${[...scenario.aliases, scenario.id].join(', ')}`,
        `  ${scenario.title}`,
        `  ${scenario.story}`,
        '  failure modes (--only):',
        ...modes,
        '  variants (--variants):',
        ...variants.map(([variant, { title }]) => `    ${variant.padEnd(wide)}  ${title}`),
      ].join('\n');
    })
    .join('\n\n');
}
