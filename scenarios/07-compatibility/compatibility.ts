import { type Compatibility, changeUnderLevel, converges, type Expectation, type Step, shows } from '#lab.ts';

interface SchemaChange {
  readonly id: string;
  readonly title: string;
  readonly refusedUnder: readonly Compatibility[];
  readonly expect: Readonly<Record<string, Expectation>>;
  fault(level: Compatibility, refused: boolean): ReturnType<typeof changeUnderLevel>;
}

// Without wide values: PostgreSQL may not decode those of a table again that has been rewritten since.
const table = 'line_items';
const integer = (bits: 16 | 32 | 64) => ({ kind: 'integer', bits }) as const;
const points = (bits: 16 | 32 | 64) => ({ name: 'points', kind: integer(bits), default: 0 });
const rank = { name: 'rank', kind: integer(32) };

/** Whoever takes the event's columns for the sink's has what the source has. */
const follows = { upsert: converges(), dedup: converges(), 'debezium-jdbc': converges() };
const behind = shows('missing-column');
/** Nobody drops a column of a sink, and there is nothing in the log that says that it is gone. */
const left = shows('extra-column');
/** What a column without a default holds of rows that no event touches is not in the log. */
const unknown = shows('corrupt', ['extra-column']);

/**
 * What Avro's rules of schema resolution say of each change of a column that is not the key's: BACKWARD demands that the new schema
 * reads what the old one wrote, FORWARD the other way round, FULL both.
 */
const CHANGES: readonly SchemaChange[] = [
  {
    id: 'add-default',
    title: 'a column is added with a default',
    refusedUnder: [],
    expect: { ...follows, ignore: behind },
    fault: (level, refused) =>
      changeUnderLevel({
        ...{ table, level, refused, what: 'points was added with a default', tell: 'points' },
        changes: [{ add: points(32) }],
      }),
  },
  {
    id: 'widen',
    title: 'int becomes bigint',
    refusedUnder: ['FORWARD', 'FULL'],
    expect: { ...follows, ignore: behind },
    fault: (level, refused) =>
      changeUnderLevel({
        ...{ table, level, refused, what: 'points was widened from int to bigint' },
        changes: [{ alter: points(64) }],
      }),
  },
  {
    id: 'narrow',
    title: 'bigint becomes smallint',
    refusedUnder: ['BACKWARD', 'FULL'],
    expect: { ...follows, ignore: behind },
    fault: (level, refused) =>
      changeUnderLevel({
        ...{ table, level, refused, what: 'points was narrowed from bigint to smallint' },
        // With int again it were a schema that the subject has, which a registry takes without another look.
        changes: [{ alter: points(16) }],
      }),
  },
  {
    id: 'drop',
    title: 'a NOT NULL column without a default is dropped',
    refusedUnder: ['FORWARD', 'FULL'],
    expect: {
      ...{ upsert: left, dedup: left, 'debezium-jdbc': left },
      ignore: shows(['missing-column', 'extra-column']),
    },
    fault: (level, refused) =>
      changeUnderLevel({
        ...{ table, level, refused, what: 'product, which has no default, was dropped', tell: '-product' },
        changes: [{ drop: { name: 'product', kind: { kind: 'text' } } }],
      }),
  },
  {
    id: 'add-required',
    title: 'a column is added NOT NULL, without a default',
    refusedUnder: ['BACKWARD', 'FULL'],
    // Appliers leave rows that were there NULL, and Debezium's JDBC sink refuses such a column until it has been added by hand.
    expect: {
      ...{ upsert: unknown, dedup: unknown },
      ...{ 'debezium-jdbc': left, ignore: shows('missing-column', ['extra-column']) },
    },
    fault: (level, refused) =>
      changeUnderLevel({
        ...{ table, level, refused, what: 'rank was added without a default', tell: 'rank' },
        // A table with rows takes such a column only with a value for them.
        changes: [{ add: { ...rank, default: 0 } }, { alter: rank }],
        byHand: { ...rank, default: 0 },
      }),
  },
];

/** Every change under one level, each on what the one before has left. */
export function compatibilitySteps(level: Compatibility): readonly Step[] {
  return CHANGES.map(({ id, title, refusedUnder, expect, fault }) => {
    const refused = refusedUnder.includes(level);
    return {
      id: `${level.toLowerCase()}-${id}`,
      title: `${level}: ${title}${refused ? ', which the registry refuses' : ''}`,
      fault: fault(level, refused),
      expect,
    };
  });
}
