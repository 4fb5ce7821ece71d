import { type Group, table } from '../planting.ts';
import { unwrapped } from '../unwrapped.ts';

const REPLACE = 'org.apache.kafka.connect.transforms.ReplaceField$Value';
const MASK = 'org.apache.kafka.connect.transforms.MaskField$Value';
const CAST = 'org.apache.kafka.connect.transforms.Cast$Value';

/** Every insert changes its row twice within its transaction. */
const TWICE = `
CREATE FUNCTION count_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE counters SET hits = hits + 1 WHERE id = NEW.id; RETURN NEW; END $$;
CREATE TRIGGER count_up AFTER INSERT ON counters FOR EACH ROW EXECUTE FUNCTION count_up();
`;
/** Only the rows that were there at first have codes that are no numbers: records that fail come before others that do not. */
const numbered = (name: string): string => `
CREATE FUNCTION number_${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.code := '7'; RETURN NEW; END $$;
CREATE TRIGGER number BEFORE INSERT OR UPDATE ON ${name} FOR EACH ROW EXECUTE FUNCTION number_${name}();
`;
const CASTING = unwrapped({ number: { type: CAST, spec: 'code:int32' } });
const coded = (name: string) =>
  table(name, 'code text NOT NULL, n integer', `'x' || g, g`, {
    sink: 'id integer PRIMARY KEY, code integer NOT NULL, n integer',
    after: numbered(name),
  });

/** What a sink connector's own properties and transforms do. */
export const sinks: Group = {
  id: 'sinks',
  about: 'properties and transforms of sink connectors that lose, alter or stop what the log has',
  plantings: [
    {
      code: 'sink-needs-key',
      tables: [table('samples', 'level integer NOT NULL', 'g', { key: 'probe integer NOT NULL' })],
    },
    {
      code: 'sink-key-mode',
      tables: [table('badges', 'label text', `'b' || g`)],
      connector: { 'primary.key.mode': 'none', 'delete.enabled': 'false' },
    },
    {
      code: 'sink-batch-repeats-key',
      tables: [table('counters', 'hits integer NOT NULL', 'g', { after: TWICE })],
      connector: {
        'connection.url': 'jdbc:postgresql://warehouse.example.internal:5432/warehouse?reWriteBatchedInserts=true',
      },
    },
    {
      code: 'sink-inserts-blindly',
      tables: [table('clicks', 'label text', `'c' || g`, { sink: 'id integer, label text' })],
      connector: { 'insert.mode': 'insert' },
    },
    {
      code: 'transform-drops-field',
      tables: [table('profiles', 'nick text, bio text', `'n' || g, 'b' || g`)],
      connector: unwrapped({ slim: { type: REPLACE, exclude: 'bio' } }),
    },
    {
      code: 'transform-masks-field',
      tables: [table('contacts', 'mail text, city text', `'m' || g, 'c' || g`)],
      connector: {
        ...unwrapped({
          hide: { type: MASK, fields: 'mail', replacement: '***', predicate: 'tombstone', negate: 'true' },
        }),
        predicates: 'tombstone',
        'predicates.tombstone.type': 'org.apache.kafka.connect.transforms.predicates.RecordIsTombstone',
      },
    },
    {
      code: 'transform-stops-at-tombstone',
      tables: [table('callers', 'phone text', `'0' || g`)],
      connector: unwrapped({ hide: { type: MASK, fields: 'phone', replacement: '***' } }),
      // That it masks is meant; it leaves NULL as it is, and writers write some.
      mapping: { callers: { transform: { phone: "CASE WHEN phone IS NOT NULL THEN '***' END" } } },
    },
    {
      code: 'sink-deletes-off',
      tables: [table('drafts', 'body text', `'d' || g`)],
      connector: { 'delete.enabled': 'false' },
    },
    { code: 'sink-errors-tolerated', tables: [coded('parts')], connector: { ...CASTING, 'errors.tolerance': 'all' } },
    {
      code: 'sink-dead-letters',
      tables: [coded('units')],
      connector: { ...CASTING, 'errors.tolerance': 'all', 'errors.deadletterqueue.topic.name': 'lab-failed' },
    },
    { name: 'sound', tables: ['profiles', 'contacts', 'drafts'] },
    { name: 'sound-transforms', tables: ['profiles'], connector: unwrapped({}) },
    { name: 'applier', tables: ['counters', 'clicks', 'profiles', 'drafts'], builtin: 'upsert' },
  ],
};

/** A topic that one sink connector leaves out and nobody else reads: lost to all subjects of the run, so it is alone in its run. */
export const leftOut: Group = {
  id: 'left-out',
  about: 'a table that no sink connector subscribes to',
  operations: 60,
  plantings: [
    {
      code: 'sink-topic-left-out',
      tables: [table('lists', 'name text', `'l' || g`), table('entries', 'name text', `'e' || g`)],
      connector: { topics: 'lab.public.lists' },
    },
  ],
};
