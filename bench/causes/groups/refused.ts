import { type Group, table } from '../planting.ts';
import { unwrapped } from '../unwrapped.ts';

const KEY = 'id integer PRIMARY KEY';
/** A role that every PostgreSQL has, and that may read and not write. */
const READS_ONLY = 'jdbc:postgresql://warehouse.example.internal:5432/warehouse?options=-c%20role%3Dpg_read_all_data';

/** The sink's server refuses a row, because its tables are not as the source's. */
export const refused: Group = {
  id: 'refused',
  about: 'tables of the sink that refuse what the source accepts',
  plantings: [
    {
      code: 'sink-foreign-key',
      tables: [
        // Each row refers to a later one, so the first that arrives violates it, whatever the order of the partitions.
        table('staff', 'deputy integer REFERENCES staff, name text', `CASE WHEN g < 40 THEN g + 1 END, 's' || g`),
      ],
    },
    {
      code: 'sink-key-mismatch',
      tables: [table('shelves', 'label text', `'s' || g`, { sink: 'id integer, label text' })],
    },
    {
      code: 'sink-unique',
      tables: [table('tags', 'label text NOT NULL', `'t' || g % 3`, { sink: `${KEY}, label text NOT NULL UNIQUE` })],
    },
    {
      code: 'sink-not-null',
      tables: [
        table('guests', 'note text', `CASE WHEN g % 2 = 0 THEN 'late' END`, { sink: `${KEY}, note text NOT NULL` }),
      ],
    },
    {
      code: 'sink-check',
      tables: [
        table('loans', 'weeks integer NOT NULL', 'g', { sink: `${KEY}, weeks integer NOT NULL CHECK (weeks < 5)` }),
      ],
    },
    {
      code: 'sink-generated-column',
      tables: [
        table('sales', 'amount integer NOT NULL, doubled integer', 'g, g * 2', {
          sink: `${KEY}, amount integer NOT NULL, doubled integer GENERATED ALWAYS AS (amount * 2) STORED`,
        }),
      ],
    },
    {
      code: 'sink-right-missing',
      tables: [table('payments', 'cents integer NOT NULL', 'g * 100')],
      connector: { 'connection.url': READS_ONLY },
    },
    {
      code: 'sink-column-narrower',
      tables: [
        table('titles', 'title text NOT NULL', `'a title of its own ' || g`, { sink: `${KEY}, title varchar(8)` }),
      ],
    },
    {
      code: 'sink-column-missing',
      tables: [table('plans', 'tier text, price integer', `'gold', g`, { sink: `${KEY}, price integer` })],
    },
    { code: 'sink-table-missing', tables: [table('gone', 'label text', `'l' || g`, { sink: false })] },
    {
      code: 'sink-null-byte',
      tables: [table('letters', 'body text', `'b' || g`, { sink: `${KEY}, body text, origin text` })],
      connector: unwrapped({
        origin: {
          type: 'org.apache.kafka.connect.transforms.InsertField$Value',
          'static.field': 'origin',
          'static.value': 'plant\u0000one',
        },
      }),
      mapping: { letters: { extra: ['origin'] } },
    },
    { name: 'sound', tables: [table('seats', 'row_no integer NOT NULL, label text', `g, 'seat ' || g`)] },
    { name: 'applier', tables: ['staff', 'tags', 'seats'], builtin: 'upsert' },
  ],
};
