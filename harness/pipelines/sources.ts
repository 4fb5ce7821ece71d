import type { ConnectClient } from '#clients/connect.ts';
import type { Kafka } from '#clients/kafka.ts';
import { engineOf } from '#engines/index.ts';
import { type Table, tableId } from '#model/catalog.ts';
import type { Capture, Database, Design, Replaced } from '#model/pipeline.ts';
import type { SchemaSource } from '#model/registered-schema.ts';
import type { Stack } from '#model/stack.ts';
import { OperatorError } from '#std/errors.ts';
import { openCapture } from './capture.ts';
import { type Capturing, capturing, fitSource } from './own-connectors.ts';

const RUNNING_LIMIT_MS = 60_000;

export interface SourcesOptions {
  readonly stack: Stack;
  readonly pipeline: string;
  /** The source database's name. */
  readonly database: string;
  readonly design: Design | undefined;
  readonly tables: readonly Table[];
  /** Whether the lab's own connector reads the tables first. Default: `initial`. */
  readonly snapshot?: 'initial' | 'no_data' | undefined;
}

/** The source connectors of a pipeline, before they are started. */
export interface SourcesPlan extends Capturing {
  readonly connectors: readonly { readonly name: string; readonly config: Readonly<Record<string, string>> }[];
  /** First part of the first connector's topics. */
  readonly prefix: string;
  /** Topics to which the connectors write beside those of tables. */
  readonly connectorTopics: readonly string[];
  readonly replaced: readonly Replaced[];
  /** Headers that the lab has asked for, and that no sink's connector is to see. */
  readonly emptyHeaders: readonly string[];
  /** They are somebody's own. */
  readonly own: boolean;
}

/** A pipeline's name may have what no name in Avro has, and so may a column's. */
const AVRO_NAMES = { 'schema.name.adjustment.mode': 'avro', 'field.name.adjustment.mode': 'avro' };

/** The lab's own connector over all tables, or those of the design made to run here. */
export function planSources({ stack, pipeline, database, design, tables, snapshot }: SourcesOptions): SourcesPlan {
  const port = engineOf(stack.source).source;
  const { source: server, brokers, registry } = stack.seen('capture');
  if (design === undefined || design.connectors.length === 0) {
    const prefix = pipeline;
    const ids = tables.map(tableId);
    const config = {
      ...port.connectorConfig({
        ...{ server, database, prefix, tables: ids, brokers },
        ...(snapshot === undefined ? {} : { snapshot }),
      }),
      ...(stack.registry === undefined ? {} : AVRO_NAMES),
    };
    const routes = ids.map((table) => ({ topic: port.topicOf({ prefix, database, table }), table }));
    return {
      connectors: [{ name: pipeline, config }],
      prefix,
      connectorTopics: port.connectorTopics(config),
      replaced: [],
      emptyHeaders: [],
      own: false,
      routes,
      partitions: new Map(),
      uncaptured: [],
      eventKeys: new Map(),
      doubled: [],
    };
  }
  const fitted = design.connectors.map(({ name, config, converters }) => ({
    // A name of its own in each pipeline: Connect keeps offsets under it.
    name: `${pipeline}-${name}`,
    ...fitSource(name, config, { server, database, brokers, registry }, { hidden: design.hidden, converters }),
  }));
  const configs = fitted.map(({ config }) => config);
  return {
    connectors: fitted,
    prefix: configs[0]?.['topic.prefix'] ?? pipeline,
    connectorTopics: configs.flatMap((config) => port.connectorTopics(config)),
    replaced: fitted.flatMap(({ replaced }) => replaced),
    emptyHeaders: [...new Set(fitted.flatMap(({ emptyHeaders }) => emptyHeaders))],
    own: true,
    ...capturing(configs, tables, (table) => port.own.named(table, database)),
  };
}

export interface SourcesContext {
  readonly connect: ConnectClient;
  readonly kafka: Kafka;
  readonly source: Database;
  readonly registry?: SchemaSource | undefined;
  readonly signal: AbortSignal;
}

/**
 * Starts the connectors, one after another, and resolves when they run. A configuration that Connect refuses is thrown;
 * a task of somebody's own that fails is not: that is an observation.
 */
export function startSources(plan: SourcesPlan, context: SourcesContext): Promise<Capture> {
  const { connect, kafka, source, registry, signal } = context;
  const start = async (): Promise<Capture> => {
    for (const { name, config } of plan.connectors) {
      await connect.put(name, config, signal);
      await connect.awaitState(name, 'RUNNING', { limitMs: RUNNING_LIMIT_MS, signal }).catch((error: unknown) => {
        if (!plan.own || !isFailedTask(error)) throw error;
      });
    }
    const captures = plan.connectors.map(({ name }) =>
      openCapture({ connector: name, prefix: plan.prefix, connect, kafka, source, registry }),
    );
    const [only] = captures;
    return only !== undefined && captures.length === 1 ? only : together(captures);
  };
  const started = start();
  // A rejection before it is awaited is not unhandled: it is thrown where it is awaited.
  started.catch(() => {});
  return started;
}

function isFailedTask(error: unknown): boolean {
  return error instanceof OperatorError && error.code === 'connector-failed';
}

/** Several source connectors as one: it runs while all of them do. */
function together(captures: readonly Capture[]): Capture {
  const each = async (work: (capture: Capture) => Promise<void>): Promise<void> => {
    for (const capture of captures) await work(capture);
  };
  return {
    name: captures.map(({ name }) => name).join(', '),
    async status() {
      const all = await Promise.all(captures.map((capture) => capture.status()));
      return (
        all.find(({ state }) => state === 'failed') ??
        all.find(({ state }) => state !== 'running') ?? { state: 'running' }
      );
    },
    restart: (signal) => each((capture) => capture.restart(signal)),
    restartFailed: (signal) => each((capture) => capture.restartFailed(signal)),
    stop: (signal) => each((capture) => capture.stop(signal)),
    resume: (signal) => each((capture) => capture.resume(signal)),
    awaitRunning: (signal) => each((capture) => capture.awaitRunning(signal)),
    snapshotAgain: (tables, signal) => each((capture) => capture.snapshotAgain(tables, signal)),
  };
}
