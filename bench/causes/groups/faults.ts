import { type Group, table } from '../planting.ts';

/** A TRUNCATE that the source connector leaves out, and one that the sink connector does. */
export const truncated: Group = {
  id: 'truncated',
  about: 'a table emptied at the source',
  faults: [
    { fault: 'truncate', table: 'carts' },
    { fault: 'truncate', table: 'wishes' },
  ],
  source: {
    'skipped.operations': 'none',
    // With several, the sink that applies a TRUNCATE may apply it before what came earlier in another.
    'topic.creation.default.partitions': '1',
    'topic.creation.default.replication.factor': '3',
  },
  plantings: [
    { code: 'truncate-skipped', tables: [table('carts', 'label text', `'c' || g`)], source: {}, under: 'truncate' },
    { code: 'sink-truncate-off', tables: [table('wishes', 'label text', `'w' || g`)], under: 'truncate-2' },
    { name: 'sound', tables: ['wishes'], connector: { 'truncate.enabled': 'true' } },
  ],
};

/** Records that retention has dropped before they were read. */
export const retained: Group = {
  id: 'retained',
  about: 'topics whose retention passes the consumers',
  faults: [{ fault: 'pass-retention', records: 60 }],
  plantings: [{ code: 'retention-passed', tables: [table('readings', 'level integer', 'g')], builtin: 'upsert' }],
};
