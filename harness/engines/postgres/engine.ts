import type { Engine } from '#engines/engine.ts';
import { canonicalRows, hasOneSpelling, ordersAlike } from './canonical.ts';
import { readCatalog } from './catalog.ts';
import { readSinkState, readSourceState } from './circumstances.ts';
import { formatLsn, parseLsn } from './lsn.ts';
import { typeNote } from './numbers.ts';
import { openReadView } from './read.ts';

export const postgres: Engine = {
  name: 'postgres',
  readCatalog,
  openReadView,
  ordersAlike,
  hasOneSpelling,
  canonicalRows,
  typeNote: ({ source, sink, exact }) => (exact === true ? undefined : typeNote(source, sink)),
  readSourceState,
  readSinkState,
  parseLsn,
  formatLsn,
};
