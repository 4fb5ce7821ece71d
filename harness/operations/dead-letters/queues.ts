import type { ConnectClient } from '#clients/connect.ts';
import { consumerGroup } from '#model/pipeline-names.ts';

/** A sink connector, as far as it bears on what becomes of records that it cannot process. */
export interface SinkErrors {
  readonly connector: string;
  readonly group: string;
  readonly config: Readonly<Record<string, string>>;
  /** `errors.tolerance=all`: it goes on without a record that fails. */
  readonly tolerates: boolean;
  /** Its dead letter queue, if it has one. */
  readonly queue?: string;
  /** The queue's records say what failed, and where they come from. */
  readonly explains: boolean;
}

/** The sink connectors of these clusters, by their names. */
export async function sinkErrors(
  clients: readonly ConnectClient[],
  signal: AbortSignal,
): Promise<readonly SinkErrors[]> {
  const found = await Promise.all(
    clients.map(async (client) => {
      const names = await client.names(signal);
      const configs = await Promise.all(names.map((name) => client.config(name, signal)));
      // One may be deleted while it is asked.
      return names.flatMap((name, at) => (configs[at] === undefined ? [] : [errorsOf(name, configs[at])]));
    }),
  );
  return found
    .flat()
    .filter(({ config }) => 'topics' in config || 'topics.regex' in config)
    .toSorted((a, b) => (a.connector < b.connector ? -1 : 1));
}

function errorsOf(connector: string, config: Readonly<Record<string, string>>): SinkErrors {
  const queue = config['errors.deadletterqueue.topic.name'] ?? '';
  return {
    ...{ connector, config, group: consumerGroup(connector, config) },
    tolerates: config['errors.tolerance'] === 'all',
    ...(queue === '' ? {} : { queue }),
    explains: config['errors.deadletterqueue.context.headers.enable'] === 'true',
  };
}
