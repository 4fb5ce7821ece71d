import { definitionOf } from '#manager/definition.ts';
import { JOBS } from '#manager/desk.ts';
import { type Here, openHere } from '#manager/here.ts';
import { MANAGER_PORT } from '#manager/http/server.ts';
import { loadOnSchedule, timetableOf } from '#manager/objects/periodic.ts';
import { isCarriedHere, ON_EXISTING } from '#manager/pipeline.ts';
import { startPipeline } from '#manager/start.ts';
import { openStore, type Store } from '#manager/state/store.ts';
import { refreshPipeline } from '#manager/status.ts';
import { forgetPipeline, removePipeline, stopPipeline } from '#manager/stop.ts';
import { toldPipeline } from '#manager/told.ts';
import { explain, type OperatorError } from '#std/errors.ts';
import {
  badValue,
  helpOf,
  type OptionTable,
  type ParsedArguments,
  parseArguments,
  type Usage,
  usageError,
} from '../arguments.ts';
import type { Host } from '../host.ts';
import { INTERRUPTED, interruptible } from '../interrupt.ts';
import { labAddresses } from '../lab/kafka.ts';
import { asksForHelp, runVerb, type Verb, type VerbsOptions, writeVerbs } from '../verbs.ts';
import { diagnose } from './diagnose.ts';
import { readDefinitionFile } from './file.ts';
import {
  createUsage,
  deleteUsage,
  diagnoseUsage,
  listUsage,
  serveUsage,
  showUsage,
  startUsage,
  statusUsage,
  stopUsage,
} from './options.ts';
import { listLines, showLines } from './render.ts';
import { serve } from './serve.ts';
import { openState } from './state.ts';

type World = Pick<Host, 'stdout' | 'stderr' | 'env' | 'cwd' | 'process' | 'exit' | 'ask'>;

const VERBS: Readonly<Record<string, Verb<World>>> = {
  create: verb(createUsage, create),
  list: verb(listUsage, async (_, { options }, host, store) => {
    const pipelines = await store.list();
    write(host, options.json ? [JSON.stringify(pipelines.map(toldPipeline))] : listLines(pipelines));
    return 0;
  }),
  show: verb(showUsage, async (name, { options }, host, store) => {
    const pipeline = await store.find(name);
    write(host, options.json ? [JSON.stringify(toldPipeline(pipeline))] : showLines(pipeline));
    return 0;
  }),
  status: verb(statusUsage, status),
  diagnose: verb(diagnoseUsage, diagnose),
  start: verb(startUsage, start),
  stop: verb(stopUsage, (name, _, host, store) => work(name, host, store, { stop: stopPipeline, done: 'stopped' })),
  delete: verb(deleteUsage, (name, { options }, host, store) =>
    work(name, host, store, { stop: options.forget ? forgetPipeline : removePipeline, done: 'deleted' }),
  ),
  serve: verb(serveUsage, (_, { options }, host, store) =>
    interruptible(host, async (signal) => {
      const say = (line: string): void => write(host, [line]);
      await serve({ store, port: options.port ?? MANAGER_PORT, ...host.here, say, signal });
      return INTERRUPTED;
    }),
  ),
};

const COMMAND: VerbsOptions<World> = {
  ...{ command: 'pipeline', summary: 'builds and runs CDC pipelines between databases', verbs: VERBS },
};

/** `driftlab pipeline VERB …`. Exit status: 0 done, 1 it failed, 2 wrong usage, 130 interrupted. */
export async function pipelineCommand([word, ...args]: readonly string[], host: World): Promise<number> {
  // The arguments may hold a password; this writes over them in the list of processes.
  process.title = 'driftlab pipeline';
  if (word === undefined || asksForHelp(word)) {
    writeVerbs(COMMAND, host);
    return 0;
  }
  return runVerb(COMMAND, word, args, host);
}

/** The world of a verb, and what addresses stand for in it. */
type Place = World & { readonly here: Here };

type Options = OptionTable & { readonly state: OptionTable[string]; readonly help: OptionTable[string] };

function verb<T extends Options>(
  usage: Usage<T>,
  work: (name: string, parsed: ParsedArguments<T>, host: Place, store: Store) => Promise<number>,
): Verb<World> {
  return {
    summary: usage.summary.split('\n')[0] ?? '',
    async run(args, host) {
      const parsed = parseArguments(usage, args);
      const { state, help } = parsed.options as { readonly state?: string; readonly help: boolean };
      if (help) {
        write(host, [helpOf(usage)]);
        return 0;
      }
      const [name = ''] = parsed.operands;
      if (name === '' && usage.operands.length > 0 && (parsed.options as { file?: string }).file === undefined)
        throw usageError(usage, 'which pipeline? Its name is missing');
      using here = openHere(host.env, () => labAddresses(host));
      await using kept = await openState(state, host.env);
      await using store = await openStore(kept.url);
      return await work(name, parsed, { ...host, here }, store);
    },
  };
}

async function create(
  name: string,
  { options }: ParsedArguments<typeof createUsage.options>,
  host: World,
  store: Store,
): Promise<number> {
  const { file, source, target, tables, mode, connect, brokers, sink } = options;
  const { endpoint, region, format, every, cron, flush } = options;
  const given = {
    ...{ source, target, tables, mode, connect, brokers, sink },
    ...{ endpoint, region, format, every, cron, flush },
    ...{ on_existing: options['on-existing'], sink_connect: options['sink-connect'] },
    source_connect_password: options['source-connect-password'],
    target_connect_password: options['target-connect-password'],
    ...(options['use-vault'] ? { use_vault: true } : {}),
    ...(name === '' ? {} : { name }),
  };
  const named = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const read = file === undefined ? {} : readDefinitionFile(file, host.cwd);
  // What is given on the command line takes the place of what the file has.
  const whole = typeof read === 'object' && !Array.isArray(read) ? { ...read, ...named } : read;
  const pipeline = await store.create(definitionOf(whole, file === undefined ? '' : `${file}: `));
  write(host, [`created: ${pipeline.definition.name} (${pipeline.definition.mode})`]);
  return 0;
}

async function work(
  name: string,
  host: Place,
  store: Store,
  { stop, done }: { readonly stop: typeof stopPipeline; readonly done: string },
): Promise<number> {
  await using held = await store.hold(name);
  return await interruptible(host, async (signal) => {
    await stop(held, { ...host.here, say: (line) => write(host, [line]), signal });
    write(host, [`${done}: ${name}`]);
    return 0;
  });
}

async function start(
  name: string,
  { options }: ParsedArguments<typeof startUsage.options>,
  host: Place,
  store: Store,
): Promise<number> {
  const given = options['on-existing'];
  const onExisting = ON_EXISTING.find((word) => word === given);
  if (given !== undefined && onExisting === undefined) throw badValue('--on-existing', ON_EXISTING.join(' or '), given);
  await using held = await store.hold(name);
  const { objects } = (await held.read()).definition;
  if (given !== undefined && objects !== undefined)
    throw badValue('--on-existing', 'left out: each load into objects makes a set of its own', given);
  return await interruptible(host, async (signal) => {
    const say = (line: string): void => write(host, [line]);
    const jobs = options.jobs ?? JOBS;
    const load = async (): Promise<void> => {
      const { row } = await startPipeline(held, { ...host.here, onExisting, jobs, say, signal });
      say(`${name}: ${row.status}`);
    };
    const timetable = objects && timetableOf(objects, new Date());
    if (timetable !== undefined) await loadOnSchedule(timetable, load, announcements(name, host), signal);
    else await load();
    return 0;
  });
}

function announcements(name: string, host: World) {
  return {
    failed: (error: OperatorError) => void host.stderr.write(`${explain(error)}\n`),
    waits: (until: Date) => write(host, [`${name}: the next load is at ${until.toISOString()}`]),
  };
}

async function status(
  name: string,
  { options }: ParsedArguments<typeof statusUsage.options>,
  host: Place,
  store: Store,
): Promise<number> {
  const found = await store.find(name);
  // Whoever carries its changes watches over it, and keeps what there is to say.
  const watched = found.held && isCarriedHere(found.definition);
  await using held = watched ? undefined : await store.hold(name);
  return await interruptible(host, async (signal) => {
    const pipeline = held === undefined ? found : await refreshPipeline(held, { ...host.here, signal });
    write(host, options.json ? [JSON.stringify(toldPipeline(pipeline))] : showLines(pipeline));
    return pipeline.row.status === 'ERROR' ? 1 : 0;
  });
}

function write({ stdout }: World, lines: readonly string[]): void {
  stdout.write(`${lines.join('\n')}\n`);
}
