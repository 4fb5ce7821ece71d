import type { SetUpFacts } from '#model/set-up.ts';

/** Where Kafka's own tools are run. */
export const AT_BROKERS = "a shell that reaches the brokers, with Kafka's tools";

/** A command of one of Kafka's own tools, at the brokers as far as they are known. */
export function kafkaTool({ brokers }: SetUpFacts, tool: string, rest: string): string {
  const where = brokers === undefined ? '…' : brokers.place.where.replaceAll(', ', ',');
  return `${tool}.sh --bootstrap-server ${where} ${rest}`;
}
