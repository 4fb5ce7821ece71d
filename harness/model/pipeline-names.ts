/** Topic to which a source connector reports the end of a snapshot. */
export function notificationTopic(prefix: string): string {
  return `${prefix}.notifications`;
}

/** Consumer group of a Kafka Connect sink connector. */
export function sinkConnectorGroup(connector: string): string {
  return `connect-${connector}`;
}
