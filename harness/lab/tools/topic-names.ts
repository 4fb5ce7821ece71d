/** A topic by its own name, its table's, or that without the schema; or a table by these. */
export function isNamed(name: string, word: string): boolean {
  return name === word || name.endsWith(`.${word}`);
}

/** A table's topic names its schema, too: others are the connector's own (`lab.notifications`, `lab.schema-history`). */
export function isTableTopic(topic: string): boolean {
  return topic.split('.').length > 2;
}
