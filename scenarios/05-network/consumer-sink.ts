import { shows } from '#lab.ts';
import { hop } from './hop.ts';

/** Whoever loses its connection to a sink does not know whether its last transaction was committed. */
export const consumerSink = hop({
  between: ['consumer', 'sink'],
  title: 'Consumers cut off from their sinks',
  story: 'Waiting harms nobody. A connection that is reset ends the JDBC sink’s task for good.',
  afterReset: { insert: shows([], ['duplicate']), 'debezium-jdbc': shows('stalled') },
});
