import { type ConnectClient, failureOf } from '#clients/connect.ts';
import { kafkaClient } from '#clients/kafka.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { beginSource } from './begin-source.ts';
import { answered, type CdcConnectors, connectorNames } from './connectors.ts';
import { placeOf } from './servers.ts';
import type { Stage, StageContext } from './stage.ts';

const RUNNING_LIMIT_MS = 90_000;

type Config = Readonly<Record<string, string>>;

/** Step 2: the topics, the source connector, which goes on at the load's position, and the sink connector. */
export const connectorsStage: Stage = {
  id: 'connectors',
  title: 'Step 2',
  isUp: () => false,
  failure: { cdc_status: 'ERROR' },
  async up(context) {
    const { held, say, connectors } = context;
    if (connectors === undefined) throw new Error('a pipeline with CDC has servers for it');
    // Names first: what is created and then not known to the state, nobody would find again.
    const { source, sink } = connectorNames(context.pipeline.mark);
    await held.change({ cdc_status: 'STARTING', debezium_connector_name: source, sink_connector_name: sink });
    const position = positionOf(context);
    const { beginning } = context.ends.source.engine.stream ?? {};
    const [at] = beginning === undefined ? [] : await answered(connectors.source.offsets(source));
    await requireStream(context, (at && beginning?.positionOf(at.offset)) ?? position);
    const { sourceConfig, sinkConfig, topics, database } = configsOf(context, connectors);
    await requirePlugin(connectors.source, sourceConfig);
    await requirePlugin(connectors.sink, sinkConfig);
    await makeTopics(context, connectors.brokers, topics);
    const { brokers, source: connect } = connectors;
    if (beginning !== undefined)
      await beginSource(context, {
        ...{ connect, brokers, database, beginning, position },
        name: source,
        config: sourceConfig,
      });
    await bringUp(context, connectors.source, source, sourceConfig);
    await bringUp(context, connectors.sink, sink, sinkConfig);
    await held.change({ cdc_status: 'RUNNING' });
    say(`changes are carried from LSN ${context.pipeline.row.full_load_lsn} on: ${source}, ${sink}`);
  },
};

/** A connector that cannot go on where it was, or where the load ended, would leave out what was committed in between. */
async function requireStream({ ends, urls, pipeline }: StageContext, position: bigint): Promise<void> {
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
function positionOf({ ends, pipeline }: StageContext): bigint {
  const position = ends.source.engine.source.parsePosition(pipeline.row.full_load_lsn);
  if (position === undefined) throw new Error(`the state has no position: ${pipeline.row.full_load_lsn}`);
  return position;
}

function configsOf({ ends, urls, pipeline, tables }: StageContext, { brokers }: CdcConnectors) {
  const { source, target, across } = ends;
  const prefix = pipeline.mark;
  const from = placeOf(urls.source);
  const ids = tables.map(({ id }) => id);
  const topics = ids.map((table) => source.engine.source.topicOf({ prefix, database: from.database, table }));
  const sourceConfig = source.engine.stream?.config({ ...from, prefix, tables: ids, brokers }) ?? {};
  const sinkConfig = target.engine.sink.connectorConfig({ ...placeOf(urls.target), topics, foreign: !across.alike });
  return { topics, sourceConfig, sinkConfig, database: from.database };
}

async function requirePlugin(connect: ConnectClient, config: Config): Promise<void> {
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
async function makeTopics({ say }: StageContext, brokers: readonly string[], topics: readonly string[]): Promise<void> {
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
async function bringUp(
  { say, signal }: StageContext,
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
