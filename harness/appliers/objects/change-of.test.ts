import { expect, test } from 'vitest';
import { type ChangeEvent, UNCHANGED } from '#model/change-event.ts';
import type { Kind } from '#model/kind.ts';
import { changeLine } from '#objects/change-lines.ts';
import { changeOf } from './change-of.ts';

const kinds = new Map<string, Kind>([
  ['id', { kind: 'integer', bits: 64 }],
  ['amount', { kind: 'decimal', precision: 12, scale: 2 }],
  ['fit', { kind: 'boolean' }],
  ['at', { kind: 'instant', digits: 6 }],
]);
const column = (name: string, connectType: string) => ({ name, connectType, optional: true });
const event: ChangeEvent = {
  ...{ topic: 'p.public.t', partition: 0, offset: 12n, timestampMs: 0, table: 'public.t', op: 'update' },
  key: { id: '9007199254740993' },
  after: {
    id: '9007199254740993',
    amount: '3.1',
    fit: 't',
    at: '2026-01-02 01:04:05.600+00',
    doc: UNCHANGED,
    more: '7',
  },
  columns: [column('id', 'int64'), column('fit', 'boolean'), column('more', 'int32')],
  ...{ lsn: 255n, committedAtMs: 1000, snapshot: false, bytes: 1 },
};
const known = { kinds, formatPosition: (position: bigint) => `0/${position.toString(16)}`, receivedAtMs: 2000 };
const lineOf = (changed: Partial<ChangeEvent>) => changeLine(changeOf({ ...event, ...changed }, known));

test('a change has the texts that a load writes; what the event leaves out is left out, what came later is there', () => {
  expect(lineOf({})).toBe(
    '{"id":9007199254740993,"amount":"3.10","fit":true,"at":"2026-01-02 01:04:05.6+00","more":7,' +
      '"_cdc_op":"u","_cdc_lsn":"0/ff","_cdc_captured_at":"1970-01-01T00:00:01.000Z",' +
      '"_cdc_received":"1970-01-01T00:00:02.000Z","_cdc_topic":"p.public.t","_cdc_partition":0,"_cdc_offset":12}',
  );
});

test('a delete has its key and what is known of the row; a truncate has no row', () => {
  const { after: _, ...rest } = event;
  const deleted = changeLine(changeOf({ ...rest, op: 'delete', before: { id: null, fit: 'f' } }, known));
  expect(JSON.parse(deleted)).toMatchObject({ fit: false, _cdc_op: 'd', _cdc_offset: 12 });
  expect(deleted).toContain('"id":9007199254740993');
  expect(Object.keys(JSON.parse(changeLine(changeOf({ ...rest, op: 'truncate', key: {} }, known))))[0]).toBe('_cdc_op');
});
