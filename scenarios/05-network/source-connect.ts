import { shows } from '#lab.ts';
import { hop } from './hop.ts';

/** A connector that loses its source reads on from the position it flushed last: what it had captured since comes again. */
export const sourceConnect = hop({
  between: ['source', 'connect'],
  title: 'Source cut off from the connector',
  story: 'A connection that stands is read on later; one that is reset makes the connector start again, and replay.',
  afterReset: { insert: shows('duplicate') },
});
