import { shows } from '#lab.ts';
import { hop } from './hop.ts';

/** A producer that does not know whether a batch was written sends it again. */
export const connectBroker = hop({
  between: ['connect', 'broker'],
  title: 'Connector cut off from the broker',
  story:
    'What the connector has read waits for the broker; what was on its way when the connection broke is sent again.',
  afterReset: { insert: shows([], ['duplicate']) },
});
