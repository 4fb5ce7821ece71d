import { engineOf } from '#engines/index.ts';
import type { Service, Stack } from '#model/stack.ts';

/** What the servers of a stack say they are: `18.4`, `4.1.1`, `3.5.0.Final`. */
export interface Versions {
  readonly source: string;
  readonly sink: string;
  /** The engines of both, as people name them. */
  readonly engines: { readonly source: string; readonly sink: string };
  readonly kafka: string;
  readonly debezium: string;
  /** Of what the JVMs run on, where the runtime knows. */
  readonly java?: string;
}

/** Asks the servers of a stack. Throws where one does not answer. */
export async function readVersions(stack: Stack): Promise<Versions> {
  const [source, sink, kafka, debezium] = await Promise.all([
    engineOf(stack.source).server.version(stack.source),
    engineOf(stack.sink).server.version(stack.sink),
    connectVersion(stack),
    debeziumVersion(stack),
  ]);
  const { java } = stack;
  const engines = { source: engineOf(stack.source).title, sink: engineOf(stack.sink).title };
  return { source, sink, engines, kafka, debezium, ...(java === undefined ? {} : { java }) };
}

/** What each node runs, by its name. Brokers and workers come from one set of jars. */
export function nodeVersions(
  { source, sink, engines, kafka, debezium }: Versions,
  services: readonly Service[],
): Readonly<Record<string, string>> {
  const ends: Readonly<Record<string, string>> = {
    source: `${engines.source} ${source}`,
    sink: `${engines.sink} ${sink}`,
  };
  const said = ({ name, kind }: Service): string =>
    ({
      database: ends[name] ?? '',
      brokers: `Apache Kafka ${kafka}`,
      workers: `Kafka Connect ${kafka}, Debezium ${debezium}`,
      registry: 'Apicurio Registry',
      objects: 'S3Proxy',
    })[kind];
  return Object.fromEntries(services.flatMap((service) => service.nodes.map((node) => [node, said(service)])));
}

/** What ran, by the products' names, as a report has it. */
export function productVersions(
  { source, sink, engines, kafka, debezium, java }: Versions,
  services: readonly Service[],
): Readonly<Record<string, string>> {
  const brokers = services.find(({ kind }) => kind === 'brokers')?.nodes.length ?? 1;
  const workers = services.find(({ kind }) => kind === 'workers')?.nodes.length ?? 1;
  return {
    ...(engines.source === engines.sink
      ? { [engines.source]: source === sink ? source : `${source} (source), ${sink} (sink)` }
      : { [engines.source]: source, [engines.sink]: sink }),
    Kafka: [
      kafka,
      ...(brokers === 1 ? [] : [`${brokers} brokers`]),
      ...(workers === 1 ? [] : [`${workers} Connect workers in each group`]),
    ].join(', '),
    Debezium: debezium,
    ...(java === undefined ? {} : { Java: java }),
  };
}

const LIMIT_MS = 10_000;

function ask({ workers }: Stack, path: string): Promise<Response> {
  const { authorization } = workers.source.access;
  return fetch(`${workers.source.urls[0]}${path}`, {
    headers: authorization === undefined ? {} : { authorization },
    signal: AbortSignal.timeout(LIMIT_MS),
  });
}

async function connectVersion(stack: Stack): Promise<string> {
  const answer = await ask(stack, '/');
  return ((await answer.json()) as { version?: string }).version ?? '';
}

async function debeziumVersion(stack: Stack): Promise<string> {
  const answer = await ask(stack, '/connector-plugins');
  const plugins = (await answer.json()) as { class: string; version?: string }[];
  const found = plugins.flatMap(({ class: name, version = '' }) => {
    const of = /^io\.debezium\.connector\.(\w+)\./.exec(name)?.[1];
    return of === undefined ? [] : [{ of, version }];
  });
  const versions = new Set(found.map(({ version }) => version));
  // Plugins of somebody's own may be of another version than the lab's.
  return versions.size <= 1
    ? ([...versions][0] ?? '')
    : found.map(({ of, version }) => `${version} (${of})`).join(', ');
}
