import { changeUnderLevel, converges, type Step, shows } from '#lab.ts';

const integer = { kind: 'integer', bits: 32 } as const;
const [points, rank] = [
  { name: 'points', kind: integer, default: 0 } as const,
  { name: 'rank', kind: integer } as const,
];
/** What stopped at the column before is behind in all that comes. */
const strict = shows(['stalled', 'missing-column'], ['lost', 'stale', 'orphan', 'corrupt', 'partial-transaction']);
const ignore = shows('missing-column');
const converging = { insert: converges(), upsert: converges(), dedup: converges(), 'debezium-jdbc': converges() };

/**
 * What the level demands that a registry has where nobody says another: that the new schema reads what the old one wrote. All levels
 * and changes are in 07-compatibility.
 */
export const underBackward: readonly Step[] = [
  {
    id: 'backward-add-default',
    title: 'BACKWARD: a column is added with a default',
    optional: true,
    fault: changeUnderLevel({
      ...{ table: 'line_items', level: 'BACKWARD', refused: false },
      ...{ what: 'points was added with a default', tell: 'points', changes: [{ add: points }] },
    }),
    expect: { ...converging, strict, ignore },
  },
  {
    id: 'backward-add-required',
    title: 'BACKWARD: a column is added NOT NULL, without a default, which the registry refuses',
    optional: true,
    fault: changeUnderLevel({
      ...{ table: 'line_items', level: 'BACKWARD', refused: true },
      ...{ what: 'rank was added without a default', tell: 'rank' },
      // A table with rows takes such a column only with a value for them.
      changes: [{ add: { ...rank, default: 0 } }, { alter: rank }],
      byHand: { ...rank, default: 0 },
    }),
    // Appliers leave rows that were there NULL, and Debezium's JDBC sink refuses such a column until it has been added by hand.
    expect: {
      insert: shows('corrupt'),
      upsert: shows('corrupt'),
      dedup: shows('corrupt'),
      'debezium-jdbc': converges(),
      strict,
      ignore,
    },
  },
];
