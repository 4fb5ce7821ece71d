import { connectClient } from '#clients/connect.ts';
import { logBounds } from '#clients/kafka.ts';
import { openObjectStore } from '#clients/s3.ts';
import { engineOf } from '#engines/index.ts';
import { tableId } from '#model/catalog.ts';
import type { Database, VariantSpec } from '#model/pipeline.ts';
import { type Node, type Stack, serviceName } from '#model/stack.ts';
import { allToTheEnd } from '#std/all-to-the-end.ts';
import { OperatorError } from '#std/errors.ts';
import type { DisposableVariant } from './connect-sink.ts';
import { startConnectSink } from './connect-sink.ts';
import { databaseName, dropDatabase } from './databases.ts';
import { CATALOG_ENGINE, ICEBERG_SINK, icebergConfig } from './iceberg-config.ts';
import { icebergProgress } from './iceberg-progress.ts';
import { icebergTables } from './iceberg-tables.ts';
import { databaseOf, unless, whileStanding } from './keeping.ts';
import type { VariantContext } from './open-variant.ts';
import { BUCKET, bucketAt, emptyFolder, neededStore, noDatabase, prepareFolder } from './store-folder.ts';

interface IcebergVariantOptions {
  readonly variant: string;
  readonly spec: VariantSpec;
  readonly groupId: string;
  /** Names its connector, its catalog's database and its folder in the lab's bucket. */
  readonly database: string;
  /** What it leaves to be taken away goes onto this at once. */
  readonly stackOf: AsyncDisposableStack;
}

/**
 * A variant whose changes Apache Iceberg's sink for Kafka Connect writes into tables of its own in the lab's bucket. Throws an
 * OperatorError where the stack lacks what that needs: `no-object-store`, `no-iceberg`, `no-iceberg-catalog`.
 */
export async function startIcebergVariant(
  context: VariantContext,
  { variant, spec, groupId, database, stackOf }: IcebergVariantOptions,
): Promise<DisposableVariant> {
  const { stack, source, admin, tables, suspended, keeping, signal } = context;
  const objects = neededStore(stack.objects);
  const connect = connectClient(stack.workers.sink);
  await requireSink(connect, stack);
  const folder = `${database}/`;
  const direct = stackOf.use(openObjectStore(bucketAt(objects, objects.endpoint)));
  const onWay = stackOf.use(openObjectStore(bucketAt(objects, objects.way.endpoint)));
  stackOf.defer(() => unless(keeping, () => whileStanding(keeping, () => emptyFolder(direct, folder).catch(() => {}))));
  if (!suspended) await prepareFolder(direct, folder);
  const catalog = await openCatalog(context, database, stackOf);
  const controlTopic = `${database}-control`;
  if (!suspended) {
    await admin.createTopics({ waitForLeaders: false, topics: [{ topic: controlTopic, numPartitions: 1 }] });
    await logBounds(admin, [controlTopic]);
  }
  stackOf.defer(() => unless(keeping, () => admin.deleteTopics({ topics: [controlTopic] }).catch(() => {})));
  const routes = context.routes.filter(({ table }) => tables.some((one) => tableId(one) === table));
  const topics = [...new Set(routes.map(({ topic }) => topic))];
  const place = `${BUCKET}/${folder}`;
  const config = icebergConfig({
    ...{ topics, controlTopic, commitMs: spec.iceberg?.commitMs ?? 1000, warehouse: `s3://${BUCKET}/${database}` },
    block: engineOf(source).source.block,
    store: { credentials: objects.credentials, endpoint: objects.way.endpoint },
    catalog: jdbcOf(stack, catalog),
  });
  const sink = await startConnectSink(
    {
      ...{ name: variant, spec, connector: database, config, connect, admin, groupId, topics, unread: [] },
      ...{ sink: noDatabase(source, `s3://${place}`), copyIn: () => noCopy(variant, spec) },
      observed: context.design !== undefined,
    },
    signal,
  );
  const killed = new Set<Node>();
  const resume = sink.resume;
  return Object.assign(sink, {
    objects: icebergTables({
      ...{ store: onWay, catalog, source, routes, tables, place },
      columns: columnsOf(context),
    }),
    applied: icebergProgress({ admin, groupId, topics, controlTopic }),
    async crash() {
      for (const node of sinkWorkers(stack)) killed.add(node);
      await allToTheEnd([...killed].map((node) => node.kill()));
    },
    async resume() {
      await allToTheEnd([...killed].map((node) => node.start(signal)));
      killed.clear();
      await resume();
    },
  });
}

/** Its writer is a task of theirs, which has no process of its own. */
function sinkWorkers({ nodes, workers }: Stack): readonly Node[] {
  return [...nodes.values()].filter(({ name }) => serviceName(name) === workers.sink.name);
}

async function requireSink(connect: ReturnType<typeof connectClient>, { sink }: Stack): Promise<void> {
  if (!(await connect.plugins()).includes(ICEBERG_SINK))
    throw new OperatorError({
      code: 'no-iceberg',
      message: "the workers of sinks do not have Apache Iceberg's sink, and a variant writes Iceberg tables",
      expected: 'topology: { objects: true, iceberg: true } in the scenario',
      found: 'a stack without it',
    });
  if (sink.engine === CATALOG_ENGINE) return;
  throw new OperatorError({
    code: 'no-iceberg-catalog',
    message:
      "a variant that writes Iceberg tables keeps their catalog on the sink's server, which has to be PostgreSQL",
    expected: 'a sink of PostgreSQL',
    found: sink.engine,
    hint: 'leave --sink out, or leave the variant out with --variants',
  });
}

async function openCatalog(
  { stack, suspended, keeping }: VariantContext,
  database: string,
  stackOf: AsyncDisposableStack,
): Promise<Database> {
  const named = databaseName(stack.sink, database);
  stackOf.defer(() => unless(keeping, () => dropDatabase(stack, 'sink', named)));
  const catalog = await databaseOf(suspended, stack, 'sink', named);
  stackOf.defer(() => catalog.close());
  return catalog;
}

/** The catalog's address as a JDBC driver takes it: the JDBC sink's own settings have it. */
function jdbcOf(stack: Stack, catalog: Database) {
  const { sink: server } = stack.seen('sinks');
  const { sink: port } = engineOf(server);
  const settings = port.connectorConfig({ server, database: catalog.name, topics: [], foreign: false });
  const needed = (name: string): string => {
    const value = settings[name];
    if (value === undefined) throw new Error(`the JDBC sink's configuration has no ${name}`);
    return value;
  };
  return {
    url: needed('connection.url'),
    user: needed('connection.username'),
    password: needed('connection.password'),
  };
}

function columnsOf({ columns }: VariantContext) {
  if (columns === undefined) throw new Error('nobody says how the columns of the topics are written');
  return columns;
}

async function noCopy(variant: string, { title }: VariantSpec): Promise<never> {
  throw new OperatorError({
    code: 'no-copy',
    message: `${variant} writes Iceberg tables, into which no job copies rows`,
    expected: 'a variant whose sink is a database',
    found: title,
  });
}
