/** A topic by its own name, its table's, or that without the schema. */
export function isTopicOf(topic: string, word: string): boolean {
  return topic === word || topic.endsWith(`.${word}`);
}

/** A table's topic names its schema, too: others are the connector's own (`lab.notifications`, `lab.schema-history`). */
export function isTableTopic(topic: string): boolean {
  return topic.split('.').length > 2;
}
