import { canonicalText } from '#engines/canonical-text.ts';
import { kindFromEvent } from '#engines/event-kinds.ts';
import { type ChangeEvent, type EventRow, UNCHANGED } from '#model/change-event.ts';
import type { Kind } from '#model/kind.ts';
import type { ChangeLine } from '#objects/change-lines.ts';

const OPS = { create: 'c', update: 'u', delete: 'd', read: 'r', truncate: 't' } as const;

interface Known {
  /** What the columns of the event's table hold; a column that came later is taken for what its event says. */
  readonly kinds: ReadonlyMap<string, Kind>;
  readonly formatPosition: (position: bigint) => string;
  readonly receivedAtMs: number;
}

/** An event as its line in an object has it: with the texts that a full load writes of the same values. */
export function changeOf(event: ChangeEvent, { kinds, formatPosition, receivedAtMs }: Known): ChangeLine {
  const { op, topic, partition, offset, lsn, committedAtMs, after, before, key, columns } = event;
  const own = new Map(columns.map((column) => [column.name, kindFromEvent(column)]));
  const values: EventRow = op === 'delete' ? { ...before, ...key } : { ...after };
  const row = Object.entries(values).flatMap(([name, value]) => {
    if (value === UNCHANGED) return [];
    const from = own.get(name) ?? { kind: 'text' };
    const kind = kinds.get(name) ?? from;
    return [{ name, kind, text: canonicalText(value, from, kind) }];
  });
  return {
    ...{ op: OPS[op], topic, partition, offset, committedAtMs, receivedAtMs, row },
    lsn: lsn === undefined ? undefined : formatPosition(lsn),
  };
}
