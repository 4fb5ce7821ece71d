/** Clients of Kafka that a connector's configuration sets up: here they are the worker's, and its settings theirs. */
const CLIENT =
  /^((producer|consumer|admin)\.override|signal\.consumer|schema\.history\.internal\.(producer|consumer))\./;
const BROKERS = /(^|\.)bootstrap\.servers$/;
const SECURITY = /(^|\.)(security\.(protocol|providers)|(sasl|ssl)\..+)$/;
/** Settings of topics that more than one broker must meet. */
const REPLICAS = /(^|\.)(replication\.factor|min\.insync\.replicas)$/;

const COMPRESSION = 'producer.override.compression.type';
/** What the verifier's own reader can undo. */
const READABLE: ReadonlySet<string> = new Set(['none', 'gzip']);

const DEAD_LETTERS = 'errors.deadletterqueue.topic';

/** Replicas by default, where a connector creates a topic of its own. */
const CONNECTS_REPLICAS = '3';

/**
 * What of a connector's configuration must differ on the lab's Kafka: its brokers, of which there may be fewer, without
 * authentication. Null for what is left out.
 */
export function kafkaSettings(
  config: Readonly<Record<string, string>>,
  brokers: readonly string[],
): Record<string, string | null> {
  const here: Record<string, string | null> = {};
  for (const name of Object.keys(config)) {
    if (BROKERS.test(name)) here[name] = CLIENT.test(name) ? null : brokers.join(',');
    else if (SECURITY.test(name)) here[name] = null;
    // -1 is the broker's own default, here as there.
    else if (REPLICAS.test(name) && !(Number(config[name]) <= brokers.length)) here[name] = String(brokers.length);
  }
  if (!READABLE.has(config[COMPRESSION] ?? 'none')) here[COMPRESSION] = 'none';
  // The connector's tasks fail where there are fewer brokers.
  const replicas = `${DEAD_LETTERS}.replication.factor`;
  if ((config[`${DEAD_LETTERS}.name`] ?? '') !== '' && Number(config[replicas] ?? CONNECTS_REPLICAS) > brokers.length)
    here[replicas] = String(brokers.length);
  return here;
}
