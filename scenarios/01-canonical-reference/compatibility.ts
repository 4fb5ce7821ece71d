import { changeUnderLevel, converges, type Fault, type Step, shows } from '#lab.ts';

const integer = { kind: 'integer', bits: 32 } as const;
/** What stopped at the column before is behind in all that comes. */
const strict = shows(['stalled', 'missing-column'], ['lost', 'stale', 'orphan', 'corrupt', 'partial-transaction']);
const ignore = shows('missing-column');
const converging = { insert: converges(), upsert: converges(), dedup: converges(), 'debezium-jdbc': converges() };

function addWithDefault(name: string): Fault {
  return changeUnderLevel({
    ...{ table: 'line_items', level: 'BACKWARD', refused: false },
    ...{ what: `${name} was added with a default`, tell: name },
    changes: [{ add: { name, kind: integer, default: 0 } }],
  });
}

function addRequired(name: string): Fault {
  const column = { name, kind: integer };
  return changeUnderLevel({
    ...{ table: 'line_items', level: 'BACKWARD', refused: true },
    ...{ what: `${name} was added without a default`, tell: name },
    // A table with rows takes such a column only with a value for them.
    changes: [{ add: { ...column, default: 0 } }, { alter: column }],
    byHand: { ...column, default: 0 },
  });
}

/** A column can be added once: the next time it is another one. */
const named = (name: string, time: number): string => (time === 1 ? name : `${name}_${time}`);

/**
 * What the level demands that a registry has where nobody says another: that the new schema reads what the old one wrote. All levels
 * and changes are in 07-compatibility.
 */
export const underBackward: readonly Step[] = [
  {
    id: 'backward-add-default',
    title: 'BACKWARD: a column is added with a default',
    optional: true,
    fault: addWithDefault('points'),
    live: { takes: [], fault: ({ time }) => addWithDefault(named('points', time)) },
    expect: { ...converging, strict, ignore },
  },
  {
    id: 'backward-add-required',
    title: 'BACKWARD: a column is added NOT NULL, without a default, which the registry refuses',
    optional: true,
    fault: addRequired('rank'),
    live: { takes: [], fault: ({ time }) => addRequired(named('rank', time)) },
    // Appliers leave rows that were there NULL, and Debezium's JDBC sink refuses such a column until it has been added by hand.
    expect: {
      ...{ insert: shows('corrupt'), upsert: shows('corrupt'), dedup: shows('corrupt') },
      ...{ 'debezium-jdbc': converges(), strict, ignore },
    },
  },
];
