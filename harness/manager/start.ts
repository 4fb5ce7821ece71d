import { engineOfUrl } from '#engines/index.ts';
import { explain, messageOf, OperatorError } from '#std/errors.ts';
import { requireCarriedNames } from './carried-names.ts';
import { openConnectors } from './connectors.ts';
import { addressesOf, type Ends, openEnds } from './ends.ts';
import { addressesIn, type Here, withVaulted } from './here.ts';
import { sessionName } from './load/bulk-transfer.ts';
import { objectsAddressesOf, openBucket, openSource } from './objects/context.ts';
import { bucketStage } from './objects/stage-bucket.ts';
import { changesStage } from './objects/stage-changes.ts';
import { exportStage } from './objects/stage-export.ts';
import type { Definition, ObjectsTarget, OnExisting, Pipeline } from './pipeline.ts';
import { planTables } from './plan.ts';
import { concealed } from './references.ts';
import type { Stage } from './stage.ts';
import { applierStage } from './stage-applier.ts';
import { connectorsStage } from './stage-connectors.ts';
import { loadStage } from './stage-load.ts';
import { schemaStage } from './stage-schema.ts';
import type { HeldPipeline } from './state/hold.ts';
import type { RowChange } from './state/rows.ts';

export interface StartOptions extends Here {
  /** In place of what the pipeline was created with, from now on. */
  readonly onExisting?: OnExisting | undefined;
  /** Connections to each end that a load uses at once. */
  readonly jobs: number;
  /** Told of each step: `Step 1: …`. */
  readonly say: (line: string) => void;
  /** Told once where the pipeline is up and the start goes on nevertheless: changes are carried by it. */
  readonly onUp?: (pipeline: Pipeline) => void;
  readonly signal: AbortSignal;
}

/** In their order. */
function stagesOf({ cdc }: Definition): readonly Stage[] {
  if (cdc === undefined) return [schemaStage, loadStage];
  return [schemaStage, loadStage, cdc.sink === 'applier' ? applierStage : connectorsStage];
}

/** A start under way: what its lines, and its error, are told with. */
interface Start {
  readonly held: HeldPipeline;
  readonly definition: Definition;
  readonly mark: string;
  readonly options: StartOptions;
  readonly say: (text: string) => void;
  /** The stage that is under way, as far as it matters to whoever hears of it. */
  stage: Pick<Stage, 'title' | 'failure'> | undefined;
  secrets: readonly string[];
}

/**
 * Brings a pipeline up, from wherever an earlier manager left it. Throws what a stage throws, as an OperatorError without any
 * secret; the same words are then in `last_error`.
 */
export async function startPipeline(held: HeldPipeline, given: StartOptions): Promise<Pipeline> {
  const before = await held.read();
  const options = await withVaulted(given, addressesIn(before.definition), given.signal);
  const onExisting = options.onExisting ?? before.definition.onExisting;
  const definition = { ...before.definition, onExisting };
  if (onExisting !== before.definition.onExisting) await held.changeDefinition({ onExisting });
  await held.change({ status: 'STARTING' });
  const start: Start = {
    ...{ held, definition, mark: before.mark, options, stage: undefined, secrets: [] },
    say: (text) => options.say(concealed(`${start.stage?.title ?? 'Start'}: ${text}`, start.secrets)),
  };
  try {
    const { objects } = definition;
    await (objects === undefined ? startBetweenDatabases(start) : startIntoObjects(start, objects));
    await held.change({ status: definition.cdc === undefined ? 'COMPLETED' : 'RUNNING', last_error: null });
  } catch (error) {
    throw await failed(error, start);
  }
  return held.read();
}

async function startBetweenDatabases(start: Start): Promise<void> {
  const { held, definition, options, say } = start;
  const { jobs, signal } = options;
  const { urls, secrets } = addressesOf(definition, options);
  const connectors = definition.cdc && openConnectors(definition.cdc, options);
  start.secrets = [...secrets, ...(connectors?.secrets ?? [])];
  start.stage = schemaStage;
  const open = openOptions(start);
  await using ends = await openEnds(urls, open);
  using _ = endWithStart(start, [urls.source, urls.target], open.application);
  await requireStreaming(definition, ends);
  const { title, dialect } = ends.target.engine;
  const tables = await planTables(definition, ends, { title, holds: (kind) => dialect.typeFor(kind) !== undefined });
  if (connectors !== undefined) requireCarriedNames(tables, namesOf(start, ends, definition.cdc?.sink !== 'applier'));
  const more = connectors === undefined ? {} : { connectors };
  const context = (pipeline: Pipeline) => ({
    ...{ held, pipeline, urls, ends, tables, jobs, say, signal, ...more },
    onUp: () => nowUp(start),
  });
  await runStages(start, stagesOf(definition), context);
}

async function startIntoObjects(start: Start, target: ObjectsTarget): Promise<void> {
  const { held, definition, options, say } = start;
  const { jobs, signal } = options;
  const { source, bucket, secrets } = objectsAddressesOf(definition, options);
  const connectors = definition.cdc && openConnectors(definition.cdc, options);
  start.secrets = [...secrets, ...(connectors?.secrets ?? [])];
  start.stage = bucketStage;
  const { store, folder } = openBucket(bucket, { ...definition, objects: target }, options.env);
  using _ = store;
  const open = openOptions(start);
  await using ends = await openSource(source, open);
  using _ends = endWithStart(start, [source], open.application);
  await requireStreaming(definition, ends);
  const tables = await planTables(definition, ends, { title: 'an object', holds: () => true });
  if (connectors !== undefined) requireCarriedNames(tables, namesOf(start, ends, false));
  const urls = { source };
  const more = connectors === undefined ? {} : { connectors };
  const context = (pipeline: Pipeline) => ({
    ...{ held, pipeline, urls, ends, tables, jobs, say, signal, store, folder, target, ...more },
    onUp: () => nowUp(start),
  });
  const stages = [bucketStage, exportStage];
  await runStages(start, connectors === undefined ? stages : [...stages, changesStage], context);
}

function namesOf({ mark }: Start, { source: { engine, database } }: Pick<Ends, 'source'>, toDatabase: boolean) {
  return { prefix: mark, database: database.name, source: engine.source, toDatabase };
}

async function nowUp({ held, options }: Start): Promise<void> {
  options.onUp?.(await held.read());
}

function openOptions({ mark, options }: Start) {
  const { jobs, signal } = options;
  return { application: `${mark} start`.slice(0, 63), connections: jobs + 2, signal };
}

/** A start that is interrupted while a statement waits, or counts for minutes, ends that statement where the engine can. */
function endWithStart({ mark, options }: Start, urls: readonly string[], application: string): Disposable {
  const { signal } = options;
  const end = (): void => {
    // A server that does not answer has ended them, or will.
    for (const url of urls)
      for (const name of [application, sessionName(mark)])
        engineOfUrl(url)
          .bulk?.endSessions(url, name)
          .catch(() => {});
  };
  signal.addEventListener('abort', end, { once: true });
  return { [Symbol.dispose]: () => signal.removeEventListener('abort', end) };
}

async function runStages<C>(
  start: Start,
  stages: readonly Stage<C>[],
  contextOf: (pipeline: Pipeline) => C,
): Promise<void> {
  const { held, definition, say } = start;
  for (const stage of stages) {
    start.stage = stage;
    const pipeline = { ...(await held.read()), definition };
    if (stage.isUp(pipeline)) say('done before');
    else await stage.up(contextOf(pipeline));
  }
}

/** Throws an OperatorError (exit 1) for a source that nothing can be streamed from. */
async function requireStreaming(
  { mode }: Definition,
  { source: { engine, database } }: Pick<Ends, 'source'>,
): Promise<void> {
  if (mode === 'full_load_only') return;
  if (engine.stream !== undefined) return engine.stream.require(database);
  throw new OperatorError({
    code: 'no-stream',
    message: `changes of ${engine.title} cannot be carried on from a full load yet`,
    expected: 'a source of PostgreSQL, MariaDB or MySQL, or the mode full_load_only',
    found: `${engine.title}, ${mode}`,
    exit: 1,
  });
}

async function failed(error: unknown, { held, stage, secrets, options }: Start): Promise<unknown> {
  // Whoever holds the pipeline by now says what it is.
  if (error instanceof OperatorError && error.code === 'hold-lost') return error;
  // Where the state cannot be written any more, why the stage failed is still what matters.
  const note = (change: RowChange) => held.change(change).catch(() => {});
  if (options.signal.aborted) {
    await note({ status: 'STOPPED' });
    return error;
  }
  const told = asOperatorError(error, stage, secrets);
  const words = explain(told)
    .replace(/^error: /, '')
    .split('\n')
    .map((line) => line.trim().replace(/: +/, ': '));
  await note({ status: 'ERROR', ...stage?.failure, last_error: words.join('; ') });
  return told;
}

/** What was thrown with the step's name before it, and no secret in it. */
function asOperatorError(error: unknown, stage: Start['stage'], secrets: readonly string[]): OperatorError {
  const hide = (text: string) => concealed(text, secrets);
  const title = stage === undefined ? '' : `${stage.title}: `;
  if (!(error instanceof OperatorError)) {
    const message = `${title}${hide(messageOf(error))}`;
    return new OperatorError({ code: 'stage-failed', message, cause: error, exit: 1 });
  }
  const { code, hint, expected, found, waited } = error;
  // Where a server refuses or does not answer, a step has failed.
  const exit = error.exit === 2 ? 2 : 1;
  // A task's trace is as long as Java's are; its cause is in the message.
  const shown = code === 'connector-failed' ? undefined : found;
  const given = Object.entries({ hint, expected, found: shown }).flatMap(([key, text]) =>
    text === undefined ? [] : [[key, hide(text)]],
  );
  const message = `${title}${hide(error.message)}`;
  return new OperatorError({
    ...{ code, message, exit, cause: error },
    ...(Object.fromEntries(given) as object),
    ...(waited === undefined ? {} : { waited }),
  });
}
