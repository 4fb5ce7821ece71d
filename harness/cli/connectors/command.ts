import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Here, openHere, withVaulted } from '#manager/here.ts';
import { resolveAddress } from '#manager/references.ts';
import {
  connectorConfig,
  connectorState,
  deleteConnector,
  groupWith,
  listConnectors,
  pauseConnector,
  restartConnector,
  resumeConnector,
  stopConnector,
} from '#operations/connectors.ts';
import { deploy, planDeployment, scaleWarning, withSecrets } from '#operations/deploy.ts';
import { exportOffsets, importOffsets, readOffsetsFile, resetOffsets } from '#operations/offsets.ts';
import { partitionsOf } from '#operations/partitions.ts';
import { readRestore } from '#operations/read-restore.ts';
import { restoreWarnings } from '#operations/restorable.ts';
import { commaList } from '#std/comma-list.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { redacted } from '#std/redact.ts';
import { readConnectors } from '#subject/connector-file.ts';
import {
  helpOf,
  type OptionTable,
  type ParsedArguments,
  parseArguments,
  type Usage,
  usageError,
} from '../arguments.ts';
import type { Host } from '../host.ts';
import { interruptible } from '../interrupt.ts';
import { labAddresses } from '../lab/kafka.ts';
import { asksForHelp, runVerb, type Verb, type VerbsOptions, writeVerbs } from '../verbs.ts';
import { addTableCommand } from './add-table.ts';
import {
  addTableUsage,
  configUsage,
  deleteUsage,
  deployUsage,
  exportUsage,
  importUsage,
  listUsage,
  pauseUsage,
  resetUsage,
  restartUsage,
  resumeUsage,
  scaleUsage,
  statusUsage,
  stopUsage,
  WATCH_SECONDS,
} from './options.ts';
import { deploymentLines, listLines, statusLines } from './render.ts';
import { type Client, openWorkers, type Workers, workersFor } from './workers.ts';

type World = Pick<Host, 'stdout' | 'stderr' | 'env' | 'cwd' | 'process' | 'exit'>;

/** What a verb has to do its work with. */
interface Work {
  /** The workers that have the connector which is named. */
  readonly client: Client;
  readonly workers: Workers;
  readonly here: Here;
  readonly host: World;
  readonly signal: AbortSignal;
  readonly say: (...lines: readonly string[]) => void;
}

const VERBS: Readonly<Record<string, Verb<World>>> = {
  list: verb(listUsage, async (_, { options }, { workers, signal, say }) => {
    const connectors = await listConnectors(workers.groups, signal);
    say(...(options.json ? [JSON.stringify(connectors)] : listLines(connectors)));
    return 0;
  }),
  status: verb(statusUsage, async (name, { options }, { client, signal, say }) => {
    const state = await connectorState(client, name, signal);
    say(...(options.json ? [JSON.stringify(state)] : statusLines(state)));
    return [state, ...state.tasks].some((part) => part.state === 'FAILED') ? 1 : 0;
  }),
  config: verb(configUsage, async (name, { options }, { client, signal, say }) => {
    const config = await connectorConfig(client, name, signal);
    const shown = Object.entries(config)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([property, value]) => [property, redacted(property, value)] as const);
    say(...(options.json ? [JSON.stringify(Object.fromEntries(shown))] : shown.map((pair) => pair.join('='))));
    return 0;
  }),
  deploy: verb(deployUsage, deployFile),
  'add-table': verb(addTableUsage, addTableCommand),
  delete: changes(deleteUsage, { will: 'is deleted', act: deleteConnector }),
  pause: changes(pauseUsage, { will: 'is paused', act: pauseConnector }),
  stop: changes(stopUsage, { will: 'is stopped', act: stopConnector }),
  resume: changes(resumeUsage, { will: 'runs again', act: resumeConnector }),
  restart: verb(restartUsage, async (name, { options }, { client, signal, say }) => {
    const what = options.task === undefined ? name : `task ${options.task} of ${name}`;
    if (!options['dry-run']) await restartConnector(client, name, { task: options.task, signal });
    else await connectorState(client, name, signal);
    say(options['dry-run'] ? `${what} would begin anew` : `${what} has begun anew: RUNNING`);
    return 0;
  }),
  scale: verb(scaleUsage, scale),
  'offsets export': verb(exportUsage, async (name, { options }, { client, host, signal, say }) => {
    const file = await exportOffsets(client, name, { now: new Date(), stop: options.stop, signal });
    const text = `${JSON.stringify(file, undefined, 2)}\n`;
    if (options.file === undefined) host.stdout.write(text);
    else if (options['dry-run']) say(`${file.offsets.length} offsets of ${name} would be written to ${options.file}`);
    else {
      writeNew(options.file, text, host);
      say(`${file.offsets.length} offsets of ${name} are in ${options.file}`);
    }
    return 0;
  }),
  'offsets import': verb(importUsage, importFile),
  'offsets reset': changes(resetUsage, { will: 'forgets where it was', act: resetOffsets }),
};

const COMMAND: VerbsOptions<World> = {
  ...{ command: 'connectors', summary: 'the connectors of any Kafka Connect cluster', verbs: VERBS },
};

/** `driftlab connectors VERB …`. Exit status: 0 done, 1 it failed, 2 wrong usage, 130 interrupted. */
export async function connectorsCommand(args: readonly string[], host: World): Promise<number> {
  // The arguments may hold a password; this writes over them in the list of processes.
  process.title = 'driftlab connectors';
  const [first, second] = args;
  if (asksForHelp(first === 'offsets' ? second : first)) {
    writeVerbs(COMMAND, host);
    return 0;
  }
  const words = first === 'offsets' ? `offsets ${second}` : `${first}`;
  return runVerb(COMMAND, words, args.slice(words.split(' ').length), host);
}

type Options = OptionTable & { readonly connect: OptionTable[string]; readonly help: OptionTable[string] };

function verb<T extends Options>(
  usage: Usage<T>,
  work: (operand: string, parsed: ParsedArguments<T>, work: Work) => Promise<number>,
): Verb<World> {
  return {
    summary: usage.summary.split('\n')[0] ?? '',
    async run(args, host) {
      const parsed = parseArguments(usage, args);
      const { connect, help } = parsed.options as { readonly connect?: string; readonly help: boolean };
      if (help) {
        host.stdout.write(`${helpOf(usage)}\n`);
        return 0;
      }
      const [operand = ''] = parsed.operands;
      if (operand === '' && usage.operands.length > 0)
        throw usageError(
          usage,
          `which ${usage.operands[0] === 'name' ? 'connector' : usage.operands[0]}? Its name is missing`,
        );
      using here = openHere(host.env, () => labAddresses(host));
      const say = (...lines: readonly string[]): void => {
        for (const line of lines) host.stdout.write(`${line}\n`);
      };
      return await interruptible(host, async (signal) => {
        const workers = await openWorkers(connect, here, signal);
        const isNamed = usage.operands[0] === 'name';
        const client = isNamed ? await groupWith(workers.groups, operand, signal) : workers.source;
        return work(operand, parsed, { client, workers, here, host, signal, say });
      });
    },
  };
}

/** A verb that does one thing to one connector. */
function changes(
  usage: typeof deleteUsage,
  {
    will,
    act,
  }: {
    readonly will: string;
    readonly act: (client: Client, name: string, signal: AbortSignal) => Promise<void>;
  },
): Verb<World> {
  return verb(usage, async (name, { options }, { client, signal, say }) => {
    const { state, tasks } = await connectorState(client, name, signal);
    const now = [state, ...tasks.map((task) => task.state)].join(', ');
    say(`${name} (${now}) ${will}${options['dry-run'] ? ': not done, because of --dry-run' : ''}`);
    if (!options['dry-run']) await act(client, name, signal);
    return 0;
  });
}

function watchOf(seconds: number | undefined): number {
  return (seconds ?? WATCH_SECONDS) * 1000;
}

async function deployFile(
  named: string,
  { options }: ParsedArguments<typeof deployUsage.options>,
  { workers, here, host, signal, say }: Work,
): Promise<number> {
  const found = readConnectors(textOf(named, host), named, 'connectors deploy');
  for (const { name, config } of found) {
    const called = name ?? config.name;
    if (called === undefined)
      throw new OperatorError({
        code: 'connector-file',
        message: `${named}: the connector has no name`,
        expected: '{"name": …, "config": {…}}, or a property name',
        found: 'properties alone',
      });
    const known = options['use-vault'] ? await withSecrets(config, here.vault, signal) : { config };
    const client = workersFor(config, workers);
    const plan = await planDeployment(client, { name: called, ...known }, signal);
    say(...deploymentLines(plan));
    if ('secret' in known && known.secret.size > 0) say(inTheClear(called, [...known.secret]));
    if (options['dry-run']) continue;
    const { stopped } = options;
    say(`${called}: ${await deploy(client, plan, { watchMs: watchOf(options.watch), stopped, signal })}`);
  }
  return 0;
}

function inTheClear(name: string, properties: readonly string[]): string {
  const these = properties.join(', ');
  return `warning: whoever may read the configuration of ${name} at Connect may read ${these}: a config provider of the workers keeps secrets out of it`;
}

async function importFile(
  name: string,
  { options }: ParsedArguments<typeof importUsage.options>,
  { client, workers, here, host, signal, say }: Work,
): Promise<number> {
  if (options.file === undefined) throw usageError(importUsage, 'which file? --file names it');
  const file = readOffsetsFile(textOf(options.file, host), options.file);
  const { env } = host;
  const source =
    options.source === undefined
      ? {}
      : { source: resolveAddress('source', options.source, await withVaulted(here, [options.source], signal)).url };
  const brokers = brokersAsked(options.brokers, workers);
  const { facts, engine, unread } = await readRestore(client, name, file, {
    env,
    ...source,
    ...(brokers && { brokers }),
    ...(workers.lab && { lab: workers.lab }),
    signal,
  });
  const warnings = [...restoreWarnings(file, facts, engine?.source), ...unread];
  say(...warnings.map((warning) => `warning: ${warning}`));
  for (const { partition, offset } of file.offsets) say(`${JSON.stringify(partition)}: ${JSON.stringify(offset)}`);
  if (!options['dry-run']) await importOffsets(client, name, { file, signal });
  say(
    `${file.offsets.length} offsets of ${file.connector} ${options['dry-run'] ? 'would be' : 'are'} those of ${name}`,
  );
  const { state } = await connectorState(client, name, signal);
  if (['PAUSED', 'STOPPED'].includes(state)) say(`${name} is ${state}: driftlab connectors resume ${name}`);
  return 0;
}

async function scale(
  name: string,
  { options }: ParsedArguments<typeof scaleUsage.options>,
  { client, workers, signal, say }: Work,
): Promise<number> {
  const { tasks } = options;
  if (tasks === undefined) throw usageError(scaleUsage, 'how many tasks? --tasks N says it');
  const config = await connectorConfig(client, name, signal);
  const brokers = brokersAsked(options.brokers, workers);
  const partitions = brokers && (await partitionsOf(brokers, commaList(config.topics)));
  const warning = scaleWarning(config, tasks, partitions);
  if (warning !== undefined) say(`warning: ${warning}`);
  const plan = await planDeployment(client, { name, config: { ...config, 'tasks.max': String(tasks) } }, signal);
  say(...deploymentLines(plan));
  if (options['dry-run'] || plan.changes.length === 0) return 0;
  const state = await deploy(client, plan, { watchMs: watchOf(options.watch), signal });
  const { tasks: running } = await connectorState(client, name, signal);
  say(`${name}: ${state}, ${running.length} ${running.length === 1 ? 'task' : 'tasks'}`);
  return 0;
}

/** The live lab's own are known. */
function brokersAsked(named: string | undefined, { lab }: Workers): readonly string[] | undefined {
  return named === undefined ? lab?.brokers : commaList(named);
}

function textOf(named: string, { cwd }: World): string {
  try {
    return readFileSync(resolve(cwd, named), 'utf8');
  } catch (error) {
    throw new OperatorError({
      code: 'no-file',
      message: `${named} cannot be read`,
      expected: 'a file',
      found: messageOf(error),
      cause: error,
    });
  }
}

/** What is there stays. */
function writeNew(named: string, text: string, { cwd }: World): void {
  try {
    writeFileSync(resolve(cwd, named), text, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    throw new OperatorError({
      code: 'no-file',
      message: `${named} cannot be written`,
      expected: 'the name of a file that is not there yet',
      found: messageOf(error),
      cause: error,
      exit: 1,
    });
  }
}
