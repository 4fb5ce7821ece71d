import { type TableId, tableId } from '#model/catalog.ts';
import type { OwnConnector, PairTables, RunStatus, VariantSpec } from '#model/pipeline.ts';
import { consumerGroup } from '#model/pipeline-names.ts';
import type { Offsets, TopicPartition, TopicRoute } from '#model/position.ts';
import { allToTheEnd } from '#std/all-to-the-end.ts';
import { OperatorError } from '#std/errors.ts';
import { nearest } from '#std/nearest.ts';
import { type ConnectSinkOptions, type DisposableVariant, startConnectSink } from './connect-sink.ts';
import type { VariantContext } from './open-variant.ts';
import { fitSink, subscribed, topicsHere } from './own-connectors.ts';

type Config = Readonly<Record<string, string>>;

/** What one of a variant's connectors is called in Connect. */
export function connectorName(database: string, connectors: readonly OwnConnector[], index: number): string {
  return connectors.length === 1 ? database : `${database}_${index + 1}`;
}

type Routing = Pick<VariantContext, 'design' | 'routes'>;

function topicsOf(routes: readonly TopicRoute[]): string[] {
  return [...new Set(routes.map(({ topic }) => topic))];
}

/** The topics that a connector is given in place of its own: those of the lab's own source connector, where that captures. */
function replacedTopics({ design, routes }: Routing, { connectors = [] }: VariantSpec, config: Config) {
  if (design?.connectors.length !== 0) return undefined;
  return connectors.length === 1 ? topicsOf(routes) : topicsHere(config, routes);
}

/** The pipeline's topics that one of a variant's connectors reads. */
export function subscribedTo(routing: Routing, spec: VariantSpec, config: Config): readonly string[] {
  return replacedTopics(routing, spec, config) ?? subscribed(config, topicsOf(routing.routes));
}

/** The topics that at least one subject reads; the lab's own applier beside them is none. */
export function readByAny(routing: Routing, specs: readonly VariantSpec[]): ReadonlySet<string> {
  const all = topicsOf(routing.routes);
  return new Set(
    specs
      .filter(({ control }) => control !== true)
      .flatMap((spec) =>
        spec.connectors === undefined
          ? all
          : spec.connectors.flatMap(({ config }) => subscribedTo(routing, spec, config)),
      ),
  );
}

/** The tables whose events go to these topics. */
export function tablesRead(routes: readonly TopicRoute[], topics: readonly string[]): TableId[] {
  return routes.filter(({ topic }) => topics.includes(topic)).map(({ table }) => table);
}

export interface OwnSinksOptions extends VariantContext {
  readonly variant: string;
  readonly spec: VariantSpec;
  readonly connectors: readonly OwnConnector[];
  readonly database: string;
  readonly shared: Pick<ConnectSinkOptions, 'name' | 'connect' | 'admin' | 'sink' | 'observed' | 'copyIn'>;
}

/**
 * Starts somebody's own sink connectors, one or several that fill one sink together: one subject. It is compared by the
 * tables whose topics any of them reads, and by those that no subject reads. Throws an OperatorError (`sink-reads-nothing`) for a connector that reads none.
 */
export async function startOwnSinks(options: OwnSinksOptions): Promise<DisposableVariant> {
  const { variant, connectors, database, routes, stack, shared, signal } = options;
  const { sink: server, brokers, registry } = stack.seen('sinks');
  const topics = topicsOf(routes);
  const readOf = connectors.map((one) => {
    const read = subscribedTo(options, options.spec, one.config);
    if (read.length === 0) throw readsNothing(one, topics);
    return read;
  });
  const all = new Set(readOf.flat());
  const unread = topics.filter((topic) => !all.has(topic));
  // What no subject reads is lost to all of them; what another reads is that one's.
  const others = unread.filter((topic) => options.readByAny.has(topic));
  const compared = topics.filter((topic) => !others.includes(topic));
  const spec = { ...options.spec, pair: onlyRead(options.spec.pair, new Set(tablesRead(routes, compared))) };
  const one = async ({ file, config: theirs, converters }: OwnConnector, index: number): Promise<DisposableVariant> => {
    const { config, replaced } = fitSink(
      connectors.length === 1 ? variant : file,
      theirs,
      { server, database: shared.sink.name, brokers, registry },
      { topics: replacedTopics(options, options.spec, theirs), unseen: options.unseenHeaders, converters },
    );
    options.onReplaced(replaced);
    const connector = connectorName(database, connectors, index);
    const groupId = consumerGroup(connector, config);
    return startConnectSink(
      { ...shared, spec, connector, groupId, config, topics: readOf[index] ?? [], unread },
      signal,
    );
  };
  const started = await Promise.allSettled(connectors.map(one));
  const parts = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failed = started.find((each) => each.status === 'rejected');
  if (failed !== undefined) {
    await Promise.all(parts.map((part) => part[Symbol.asyncDispose]()));
    throw failed.reason;
  }
  const tablesOf = (some: readonly string[]): TableId[] =>
    tablesRead(routes, some).filter((table) => isCompared(options, table));
  return Object.assign(together(parts, connectors), {
    unread: tablesOf(others),
    lacking: tablesOf(unread.filter((topic) => !others.includes(topic))),
  });
}

function isCompared({ spec, tables }: OwnSinksOptions, id: TableId): boolean {
  const table = tables.find((one) => tableId(one) === id);
  return table !== undefined && (spec.pair === undefined || spec.pair(table, new Map()) !== undefined);
}

/** Leaves out what another subject reads in this one's stead: nothing of it can ever arrive here. */
function onlyRead(pair: PairTables | undefined, read: ReadonlySet<TableId>): PairTables {
  return (source, sinks) => {
    const id = tableId(source);
    if (!read.has(id)) return undefined;
    if (pair !== undefined) return pair(source, sinks);
    const sink = sinks.get(id);
    return { source, ...(sink === undefined ? {} : { sink }) };
  };
}

function readsNothing({ file, config }: OwnConnector, topics: readonly string[]): OperatorError {
  const property = config['topics.regex'] === undefined ? 'topics' : 'topics.regex';
  const value = config[property] ?? '(not set)';
  const meant = nearest(value, topics);
  return new OperatorError({
    code: 'sink-reads-nothing',
    message: `${file}: ${property} names none of the topics that the source connector writes`,
    expected: `one of ${topics.join(', ')}`,
    found: `${property}=${value}`,
    hint: `${meant.length === 0 ? '' : `did you mean ${meant.join(' or ')}? `}A topic is topic.prefix, schema and table, unless a transform renames it.`,
  });
}

/** Several connectors as one consumer: it is as far as all of them are, and fails where one does. */
function together(parts: readonly DisposableVariant[], connectors: readonly OwnConnector[]): DisposableVariant {
  const [first] = parts;
  if (first === undefined) throw new Error('a subject without a connector');
  if (parts.length === 1) return first;
  return {
    ...first,
    async status() {
      return worstOf(
        await Promise.all(parts.map((part) => part.status())),
        connectors.map(({ file }) => file),
      );
    },
    pause: () => allToTheEnd(parts.map((part) => part.pause())),
    resume: () => allToTheEnd(parts.map((part) => part.resume())),
    async applied() {
      return lowest(await Promise.all(parts.map((part) => part.applied())));
    },
    [Symbol.asyncDispose]: () => allToTheEnd(parts.map(async (part) => part[Symbol.asyncDispose]())),
  };
}

/** The state of several connectors: that of the first that has failed, else of the first that does not run. */
export function worstOf(all: readonly RunStatus[], files: readonly string[]): RunStatus {
  const failed = all.findIndex(({ state }) => state === 'failed');
  const found = all[failed];
  if (found !== undefined) return { ...found, error: `${files[failed]}: ${found.error ?? 'the connector has failed'}` };
  return all.find(({ state }) => state !== 'running') ?? { state: 'running' };
}

/** The positions of several consumers as one's: where two read a partition, that of the one that is behind. */
export function lowest(all: readonly Offsets[]): Offsets {
  const found = new Map<TopicPartition, bigint>();
  for (const offsets of all)
    for (const [partition, offset] of offsets) {
      const known = found.get(partition);
      if (known === undefined || offset < known) found.set(partition, offset);
    }
  return found;
}
