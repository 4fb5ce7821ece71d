/** Topic to which a source connector reports the end of a snapshot. */
export function notificationTopic(prefix: string): string {
  return `${prefix}.notifications`;
}

/** Consumer group of a Kafka Connect sink connector. */
export function sinkConnectorGroup(connector: string): string {
  return `connect-${connector}`;
}

/** The same by its configuration, which may name another. */
export function consumerGroup(connector: string, config: Readonly<Record<string, string>> = {}): string {
  return config['consumer.override.group.id'] ?? sinkConnectorGroup(connector);
}
