import { builtin, changeSchema, converges, failureMode, shows } from '#lab.ts';
import { underBackward } from './compatibility.ts';

/** Adds a column of this name to the customers; the writers' word for it is the name. */
function addColumn(column: string) {
  return changeSchema({
    table: 'customers',
    adds: { name: column, kind: { kind: 'text' }, default: 'standard' },
    tell: column,
    operations: 50,
  });
}

/** A column appears while writers write, and they use it at once. */
export const schema = failureMode({
  id: 'schema',
  title: 'Schema change',
  story: 'ADD COLUMN under load: the sink must gain the column, and rows that no event touches must hold its default.',
  variants: {
    strict: builtin({ title: 'upsert, stops at an unknown column', mode: 'upsert', schema: 'strict' }),
    ignore: builtin({ title: 'upsert, drops unknown columns', mode: 'upsert', schema: 'ignore' }),
  },
  steps: [
    {
      id: 'schema',
      title: 'ALTER TABLE customers ADD COLUMN tier',
      fault: addColumn('tier'),
      // A column can be added once: the next time it is another one.
      live: { takes: [], fault: ({ time }) => addColumn(time === 1 ? 'tier' : `tier_${time}`) },
      expect: {
        insert: converges(),
        upsert: converges(),
        dedup: converges(),
        'debezium-jdbc': converges(),
        // It stops at the first event with the column: from there on its sink falls behind the source.
        strict: shows(['stalled', 'missing-column'], ['lost', 'stale', 'orphan']),
        ignore: shows('missing-column'),
      },
      // Debezium's JDBC sink gives no text column of theirs a default, and adds this one as NOT NULL: rows that are there get ''.
      expectAtSink: { mariadb: { 'debezium-jdbc': shows('corrupt') }, mysql: { 'debezium-jdbc': shows('corrupt') } },
    },
    ...underBackward,
  ],
});
