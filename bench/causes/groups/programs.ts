import { type Group, table } from '../planting.ts';

const KEY = 'id integer PRIMARY KEY';
/** Programs that consume the topics, each with a defect of its own. */
export const programs: Group = {
  id: 'programs',
  about: 'programs that misread, misplace or leave out what the topics hold',
  plantings: [
    {
      code: 'decimal-read-as-bytes',
      tables: [table('prices', 'price numeric(12,2)', 'g + 0.25', { sink: `${KEY}, price text` })],
      defect: 'decimal-bytes',
    },
    {
      code: 'program-ignores-deletes',
      tables: [table('basket', 'label text', `'b' || g`)],
      defect: 'no-deletes',
    },
    {
      code: 'offset-reset-latest',
      tables: [table('roster', 'label text', `'r' || g`)],
      defect: 'latest',
    },
    {
      code: 'snapshot-reads-skipped',
      tables: [table('stock', 'label text', `'s' || g`)],
      defect: 'no-reads',
    },
    {
      code: 'tombstones-off',
      tables: [table('coupons', 'label text', `'c' || g`)],
      source: { 'tombstones.on.delete': 'false' },
      defect: 'by-tombstone',
      // That it leaves op d alone is the other half of it.
      also: ['program-ignores-deletes'],
    },
    { name: 'by-tombstone', tables: ['basket'], defect: 'by-tombstone' },
    {
      code: 'value-base64',
      name: 'base64',
      tables: [table('scans', 'content bytea', `decode(md5(g::text), 'hex')`, { sink: `${KEY}, content text` })],
      defect: 'base64',
    },
    {
      code: 'columns-swapped',
      name: 'by-place',
      tables: [table('pairs', 'one text, two text', `'one ' || g, 'two ' || g`)],
      defect: 'by-place',
    },
    {
      name: 'sound',
      tables: [
        table(
          'notes',
          'body text, at timestamp, day date, price numeric(12,2), content bytea',
          `'n' || g, timestamp '2026-03-01 10:00:00.123456' + g * interval '1 hour', date '2026-03-01' + g, g + 0.25, decode(md5(g::text), 'hex')`,
        ),
      ],
      defect: '',
    },
  ],
};

/** What shows when consumers are killed. */
export const crashed: Group = {
  id: 'crashed',
  about: 'a program that commits its offsets before it writes, killed',
  faults: ['crash-consumers'],
  plantings: [
    {
      code: 'offsets-before-write',
      tables: [table('roster', 'label text', `'r' || g`)],
      defect: 'commits-first',
    },
    { name: 'sound', tables: ['roster'], defect: '' },
  ],
};

/** What shows when events come again. */
export const replayed: Group = {
  id: 'replayed',
  about: 'events that come again, and consumers that insert them again',
  faults: [{ fault: 'restart-connector', records: 60 }],
  plantings: [
    {
      code: 'program-inserts-again',
      tables: [table('roster', 'label text', `'r' || g`, { sink: 'id integer, label text' })],
      defect: 'inserts',
    },
    { code: 'applier-inserts-blindly', tables: ['roster'], builtin: 'insert' },
    { name: 'sound', tables: [table('notes', 'body text', `'n' || g`)] },
  ],
};
