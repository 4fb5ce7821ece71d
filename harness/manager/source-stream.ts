import { type ConnectClient, failureOf } from '#clients/connect.ts';
import { kafkaClient } from '#clients/kafka.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { until } from '#std/wait.ts';
import { beginSource } from './begin-source.ts';
import { answered, type CdcConnectors, connectorNames } from './connectors.ts';
import type { ReadContext } from './load/read-rows.ts';
import { isCarriedHere } from './pipeline.ts';
import type { StageContext } from './stage.ts';

const RUNNING_LIMIT_MS = 90_000;
/** From when it is said to run: it has nothing to read before that but the log. */
const READ_LIMIT_MS = 30_000;

type Config = Readonly<Record<string, string>>;

/** What it takes to have a source's changes streamed, wherever they go. */
export type StreamContext = ReadContext & Pick<StageContext, 'tables' | 'say'>;

interface SourceStream {
  /** Those of the tables, in their order. */
  readonly topics: readonly string[];
  /** Makes the topics, and has the connector run from the load's position on, or from where it was. */
  start(): Promise<void>;
  /**
   * Resolves when the source's log is read. A task is said to run before it has asked the source for anything: what it cannot do there
   * ends it a moment later, or it tries for ever and goes on being said to run.
   */
  untilRead(): Promise<void>;
}

/** JSON with its schema: what is read here needs the columns' types, whatever the workers' own converters are. */
const READ_HERE = Object.fromEntries(
  ['key', 'value'].flatMap((part) => [
    [`${part}.converter`, 'org.apache.kafka.connect.json.JsonConverter'],
    [`${part}.converter.schemas.enable`, 'true'],
  ]),
);

/** The stream of a pipeline's source. Throws an OperatorError where it cannot be read any more, or no worker can read it. */
export async function openSourceStream(context: StreamContext, connectors: CdcConnectors): Promise<SourceStream> {
  const { ends, urls, pipeline, tables } = context;
  const { brokers, source: connect, told } = connectors;
  const { engine } = ends.source;
  const { beginning } = engine.stream ?? {};
  const position = positionOf(context);
  const prefix = pipeline.mark;
  const { source: name } = connectorNames(prefix);
  const [at] = beginning === undefined ? [] : await answered(connect.offsets(name));
  await requireStream(context, (at && beginning?.positionOf(at.offset)) ?? position);
  const from = told.place('source', pipeline.definition.source, urls.source);
  const ids = tables.map(({ id }) => id);
  const topics = ids.map((table) => engine.source.topicOf({ prefix, database: from.database, table }));
  const own = engine.stream?.config({ ...from, prefix, tables: ids, brokers: told.brokers });
  const config = { ...own, ...(isCarriedHere(pipeline.definition) ? READ_HERE : {}) };
  await requirePlugin(connect, config);
  return {
    topics,
    async start() {
      await makeTopics(context, brokers, topics);
      const { database } = from;
      if (beginning !== undefined)
        await beginSource(context, { connect, brokers, database, beginning, position, name, config });
      await bringUp(context, connect, name, config);
    },
    async untilRead() {
      const { signal } = context;
      const isRead = async (): Promise<boolean> => {
        await connect.awaitState(name, 'RUNNING', { limitMs: READ_LIMIT_MS, signal });
        return (await engine.stream?.isRead?.(urls.source, prefix)) ?? true;
      };
      const hint = `driftlab pipeline diagnose ${pipeline.definition.name}; the worker's log has what it tries again`;
      await until(isRead, { limitMs: READ_LIMIT_MS, signal, what: `${name} to read the source's log`, hint });
    },
  };
}

/** A connector that cannot go on where it was, or where the load ended, would leave out what was committed in between. */
async function requireStream({ ends, urls, pipeline }: ReadContext, position: bigint): Promise<void> {
  const { stream, source } = ends.source.engine;
  const why = await stream?.whyGone(urls.source, { name: pipeline.mark, position });
  if (why === undefined) return;
  throw new OperatorError({
    code: 'stream-gone',
    message: `${why}: changes since LSN ${source.formatPosition(position)} cannot be read`,
    expected: 'the log from there on',
    found: 'none that can be read on',
    hint: 'delete the pipeline and create it anew, with --on-existing truncate',
    exit: 1,
  });
}

/** Where the load ended, as the state has it. A connector that has run may know better. */
function positionOf({ ends, pipeline }: ReadContext): bigint {
  const position = ends.source.engine.source.parsePosition(pipeline.row.full_load_lsn);
  if (position === undefined) throw new Error(`the state has no position: ${pipeline.row.full_load_lsn}`);
  return position;
}

export async function requirePlugin(connect: ConnectClient, config: Config): Promise<void> {
  const wanted = config['connector.class'] ?? '';
  const plugins = await answered(connect.plugins());
  if (plugins.includes(wanted)) return;
  throw new OperatorError({
    code: 'no-plugin',
    message: `the Connect workers have no plugin ${wanted}`,
    expected: wanted,
    found: plugins.join(', ') || 'none',
    hint: 'put it into a folder of plugin.path on every worker, and start them anew',
    exit: 1,
  });
}

/** A connector that subscribes to topics which are not there yet would look for them again after minutes. */
async function makeTopics(
  { say }: StreamContext,
  brokers: readonly string[],
  topics: readonly string[],
): Promise<void> {
  const admin = kafkaClient(brokers, 'driftlab pipeline').admin();
  try {
    await admin.connect();
    const there = new Set(await admin.listTopics());
    const missing = topics.filter((topic) => !there.has(topic));
    if (missing.length > 0)
      await admin.createTopics({ topics: missing.map((topic) => ({ topic })), waitForLeaders: true });
    say(`topics: ${topics.join(', ')} (${missing.length} of ${topics.length} created)`);
  } catch (error) {
    throw new OperatorError({
      code: 'no-topics',
      message: `the pipeline's topics cannot be made at ${brokers.join(', ')}`,
      expected: 'brokers that answer, and the right to create topics',
      found: messageOf(error),
      hint: 'check --brokers',
      cause: error,
      exit: 1,
    });
  } finally {
    await admin.disconnect().catch(() => {});
  }
}

/** Creates a connector, or has one that was stopped or has failed run again. Resolves when it runs. */
export async function bringUp(
  { say, signal }: StreamContext,
  connect: ConnectClient,
  name: string,
  config: Config,
): Promise<void> {
  const options = { limitMs: RUNNING_LIMIT_MS, signal };
  const before = await connect.status(name, signal);
  await connect.put(name, config, signal);
  if (before !== undefined && failureOf(before) !== undefined) await connect.restartFailed(name, options);
  else if (before !== undefined && before.connector.state !== 'RUNNING') await connect.change(name, 'resume', signal);
  await connect.awaitState(name, 'RUNNING', options);
  say(`${name}: RUNNING`);
}
