import { type CdcConnectors, connectorNames } from './connectors.ts';
import { bringUp, openSourceStream, requirePlugin } from './source-stream.ts';
import type { Stage, StageContext } from './stage.ts';

/** Step 2: the topics, the source connector, which goes on at the load's position, and the sink connector. */
export const connectorsStage: Stage = {
  id: 'connectors',
  title: 'Step 2',
  isUp: () => false,
  failure: { cdc_status: 'ERROR' },
  async up(context) {
    const { held, say, connectors } = context;
    if (connectors === undefined) throw new Error('a pipeline with CDC has servers for it');
    // Names first: what is created and then not known to the state, nobody would find again.
    const { source, sink } = connectorNames(context.pipeline.mark);
    await held.change({ cdc_status: 'STARTING', debezium_connector_name: source, sink_connector_name: sink });
    const stream = await openSourceStream(context, connectors);
    const sinkConfig = sinkConfigOf(context, connectors, stream.topics);
    await requirePlugin(connectors.sink, sinkConfig);
    await stream.start();
    await bringUp(context, connectors.sink, sink, sinkConfig);
    await stream.untilRead();
    await held.change({ cdc_status: 'RUNNING' });
    say(`changes are carried from LSN ${context.pipeline.row.full_load_lsn} on: ${source}, ${sink}`);
  },
};

function sinkConfigOf(
  { ends: { target, across }, urls, pipeline }: StageContext,
  { told }: CdcConnectors,
  topics: readonly string[],
) {
  const to = told.place('target', pipeline.definition.target, urls.target);
  return target.engine.sink.connectorConfig({ ...to, topics, foreign: !across.alike });
}
