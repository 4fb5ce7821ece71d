import type { LabConnectors, LabStack } from '#contracts/lab-stack.ts';
import { optional, shape, text } from '#contracts/schema.ts';
import { CURSOR, requireKnown, tool } from '../tool.ts';

/** Lines of a trace that are shown: the first says what, the next few where. */
const TRACE_LINES = 12;

export const connectorStatus = tool({
  name: 'connector_status',
  description:
    'Nodes (databases, brokers, Connect workers) and connectors with their tasks: state, position captured, and the error and trace of what has failed.',
  args: shape({
    connector: optional(text('only this connector; all without it')),
    ...CURSOR,
  }),
  async run({ connector }, { lab }, signal) {
    const client = lab();
    const { nodes } = await client.get<LabStack>('/api/v1/stack', signal);
    const { connectors } = await client.get<LabConnectors>('/api/v1/connectors', signal);
    requireKnown(
      'connector',
      connector,
      connectors.map(({ name }) => name),
    );
    return {
      facts: { nodes: nodes.map(({ name, state, healthy, restarts }) => ({ name, state, healthy, restarts })) },
      list: {
        name: 'connectors',
        items: connectors
          .filter(({ name }) => connector === undefined || name === connector)
          .map((one) => ({ ...one, tasks: one.tasks.map((task) => ({ ...task, trace: headOf(task.trace) })) })),
      },
    };
  },
});

function headOf(trace: string | null): string | null {
  return trace === null ? null : trace.split('\n').slice(0, TRACE_LINES).join('\n');
}
