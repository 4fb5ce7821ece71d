import { builtin, debeziumJdbc, defineScenario, shop } from '#lab.ts';
import { brokerBroker } from './broker-broker.ts';
import { brokerConsumer } from './broker-consumer.ts';
import { connectBroker } from './connect-broker.ts';
import { consumerSink } from './consumer-sink.ts';
import { sourceConnect } from './source-connect.ts';

export const network = defineScenario({
  id: '05-network',
  aliases: ['network'],
  title: 'The network: cut, slow and reset between any two',
  story: 'A network that fails loses nothing of a pipeline that reads on from where it was. What it may do is repeat.',
  workload: shop,
  variants: {
    insert: builtin({ title: 'blind INSERT', mode: 'insert', commit: 'after' }),
    upsert: builtin({ title: 'upsert by key', mode: 'upsert', commit: 'after' }),
    dedup: builtin({ title: 'upsert, dedup table and LSN guard in one transaction', mode: 'dedup', commit: 'with' }),
    'debezium-jdbc': debeziumJdbc('Debezium JDBC sink connector, upsert'),
  },
  modes: [sourceConnect, connectBroker, brokerConsumer, consumerSink, brokerBroker],
});
