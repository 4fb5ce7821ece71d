import { shows } from '#lab.ts';
import { hop } from './hop.ts';

/** Consumers read on from where they were; one that commits after it has written may read something again. */
export const brokerConsumer = hop({
  between: ['broker', 'consumer'],
  title: 'Consumers cut off from the broker',
  story: 'Consumers fall behind, and read on from where they were.',
  afterReset: { insert: shows([], ['duplicate']) },
});
