import type { Kind } from '#model/kind.ts';
import type { Text } from '#model/values.ts';
import { jsonLineOf } from './json-lines.ts';

/** A change of a row on its way into an object. */
export interface ChangeLine {
  readonly op: 'c' | 'u' | 'd' | 'r' | 't';
  /** What the source's log says of it, in the engine's own form. */
  readonly lsn: string | undefined;
  readonly committedAtMs: number | undefined;
  readonly receivedAtMs: number;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** The row after the change; of a delete what is known of the row before it. A column that is missing has not changed. */
  readonly row: readonly { readonly name: string; readonly kind: Kind; readonly text: Text }[];
}

const TEXT: Kind = { kind: 'text' };
const INTEGER: Kind = { kind: 'integer', bits: 64 };

/** One line of JSON, without its end: the row's columns, and beside them what begins with `_cdc_`. */
export function changeLine(change: ChangeLine): string {
  const { op, lsn = null, committedAtMs, receivedAtMs, topic, partition, offset, row } = change;
  const time = (ms: number | undefined): Text => (ms === undefined ? null : new Date(ms).toISOString());
  const cells = [
    ...row,
    { name: '_cdc_op', kind: TEXT, text: op },
    { name: '_cdc_lsn', kind: TEXT, text: lsn },
    { name: '_cdc_captured_at', kind: TEXT, text: time(committedAtMs) },
    { name: '_cdc_received', kind: TEXT, text: time(receivedAtMs) },
    { name: '_cdc_topic', kind: TEXT, text: topic },
    { name: '_cdc_partition', kind: INTEGER, text: String(partition) },
    { name: '_cdc_offset', kind: INTEGER, text: String(offset) },
  ];
  const columns = cells.map(({ name, kind }) => ({ name, kind }));
  return jsonLineOf(columns)(cells.map(({ text }) => text));
}
