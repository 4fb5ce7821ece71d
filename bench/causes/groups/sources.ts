import type { Configuration } from '../../cases/situation.ts';
import { type Group, table } from '../planting.ts';

const UNWRAP = 'io.debezium.transforms.ExtractNewRecordState';
/** A publication of its owner's, which the connector takes as it is. */
const OWN = (name: string): Configuration => ({
  'publication.name': name,
  'publication.autocreate.mode': 'disabled',
});
/** A sink for topics without the envelope, whose records do not say from which table they are. */
const FLAT: Configuration = {
  transforms: 'route',
  'transforms.route.type': 'org.apache.kafka.connect.transforms.RegexRouter',
  'transforms.route.regex': '.*\\.(.*)',
  'transforms.route.replacement': '$1',
  'collection.name.format': `\${topic}`,
};
const BIG = 'repeat(md5(g::text), 200)';

/** A source connector each, over tables of its own: each reads its whole snapshot. */
export const capture: Group = {
  id: 'capture',
  about: 'source connectors and publications that alter or leave out changes; each over tables of its own',
  publications: `
CREATE PUBLICATION lacking FOR TABLE depots;
CREATE PUBLICATION filtering FOR TABLE visits WHERE (id % 2 = 0);
CREATE PUBLICATION narrow FOR TABLE clients (id, name);
CREATE PUBLICATION inserting FOR TABLE orders_in WITH (publish = 'insert');
`,
  plantings: [
    {
      code: 'toast-placeholder',
      tables: [
        table('pages', 'html text NOT NULL, hits integer NOT NULL', `${BIG}, g`, {
          after: 'ALTER TABLE pages ALTER COLUMN html SET STORAGE EXTERNAL; UPDATE pages SET html = html || 1;',
        }),
      ],
      source: {},
    },
    {
      code: 'decimal-as-double',
      tables: [table('sums', 'total numeric(24,4)', '12345678901234567890.1234 + g')],
      source: { 'decimal.handling.mode': 'double' },
    },
    {
      code: 'time-cut-to-ms',
      tables: [table('ticks', 'at timestamp', `timestamp '2026-03-01 10:00:00.123456' + g * interval '1 hour'`)],
      source: { 'time.precision.mode': 'connect' },
    },
    {
      code: 'interval-as-number',
      tables: [table('leases', 'lasts interval', `g * interval '1 month 2 days'`)],
      source: {},
    },
    {
      code: 'message-key-not-primary-key',
      tables: [
        table('slots', 'label text', `g % 3, 'l' || g`, {
          key: 'place integer NOT NULL, hall integer NOT NULL, PRIMARY KEY (hall, place)',
        }),
      ],
      source: { 'message.key.columns': 'public.slots:hall' },
    },
    {
      code: 'column-altered-at-capture',
      tables: [table('cards', 'holder text, note text', `'holder ' || g, 'n' || g`)],
      source: { 'column.truncate.to.4.chars': 'public.cards.holder' },
    },
    {
      code: 'column-excluded',
      tables: [table('users', 'mail text, secret text', `'m' || g, 's' || g`)],
      source: { 'column.exclude.list': 'public.users.secret' },
    },
    {
      code: 'operations-skipped',
      tables: [table('states', 'state text', `'s' || g`)],
      source: { 'skipped.operations': 'u' },
    },
    {
      code: 'publication-lacks-table',
      tables: [table('depots', 'name text', `'d' || g`), table('trucks', 'name text', `'t' || g`)],
      source: OWN('lacking'),
    },
    {
      code: 'publication-row-filter',
      tables: [table('visits', 'ward text', `'w' || g`)],
      source: OWN('filtering'),
    },
    {
      code: 'publication-column-list',
      tables: [table('clients', 'name text, phone text', `'c' || g, 'p' || g`)],
      source: OWN('narrow'),
    },
    {
      code: 'publication-operations',
      tables: [table('orders_in', 'state text', `'s' || g`)],
      source: OWN('inserting'),
    },
    {
      code: 'unwrap-drops-deletes',
      tables: [table('carts', 'items integer', 'g')],
      source: {
        transforms: 'unwrap',
        'transforms.unwrap.type': UNWRAP,
        'transforms.unwrap.delete.tombstone.handling.mode': 'drop',
      },
      connector: FLAT,
    },
    {
      code: 'transform-drops-records',
      tables: [table('rates', 'percent integer', 'g'), table('audits', 'line text', `'a' || g`)],
      source: {
        transforms: 'less',
        'transforms.less.type': 'org.apache.kafka.connect.transforms.Filter',
        'transforms.less.predicate': 'audits',
        predicates: 'audits',
        'predicates.audits.type': 'org.apache.kafka.connect.transforms.predicates.TopicNameMatches',
        'predicates.audits.pattern': '.*audits',
      },
    },
    { name: 'sound', tables: [table('notes', 'body text, at timestamp, price numeric(12,4)', `'n' || g, now(), g`)] },
  ],
};

/** Source connectors whose snapshot leaves rows out, so that a run cannot wait for all of them. */
export const snapshots: Group = {
  id: 'snapshots',
  about: 'source connectors that leave rows or tables out of the snapshot or the stream',
  plantings: [
    {
      code: 'snapshot-skipped',
      tables: [table('assets', 'name text', `'a' || g`)],
      source: { 'snapshot.mode': 'no_data' },
    },
    {
      code: 'snapshot-narrowed',
      tables: [table('cases', 'state text', `'s' || g`)],
      source: {
        'snapshot.select.statement.overrides': 'public.cases',
        'snapshot.select.statement.overrides.public.cases': 'SELECT * FROM public.cases WHERE id > 6',
      },
    },
    {
      code: 'partition-root',
      tables: [
        table('events', 'kind text', `1 + g % 2, 'k' || g`, {
          key: 'id integer NOT NULL, part integer NOT NULL CHECK (part IN (1, 2)), PRIMARY KEY (id, part)',
          partitionBy: 'part',
        }),
      ],
      source: {},
    },
    { name: 'sound', tables: [table('notes', 'body text', `'n' || g`)] },
  ],
};

/** A connector that stops behind its snapshot: its slot is never read, and nobody else's may be waited for in its stead. */
export const initialOnly: Group = {
  id: 'initial-only',
  about: 'a source connector that ends behind its snapshot',
  operations: 60,
  plantings: [
    {
      code: 'snapshot-initial-only',
      tables: [table('assets', 'name text', `'a' || g`)],
      source: { 'snapshot.mode': 'initial_only' },
    },
    { name: 'sound', tables: [table('notes', 'body text', `'n' || g`)] },
  ],
};

/** Two connectors of one slot. */
export const sharedSlot: Group = {
  id: 'shared-slot',
  about: 'two source connectors that share a replication slot',
  operations: 60,
  source: { 'slot.name': 'shared' },
  plantings: [
    {
      code: 'slot-shared',
      tables: [table('assets', 'name text', `'a' || g`)],
      source: { 'slot.name': 'shared' },
    },
    { name: 'other', tables: [table('notes', 'body text', `'n' || g`)] },
  ],
};
