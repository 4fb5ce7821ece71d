import { expect, test } from 'vitest';
import type { Kind } from '#model/kind.ts';
import { parquetChanges } from '#verify/observe/objects/parquet-changes.ts';
import { parquetTexts } from '#verify/observe/objects/parquet-texts.ts';
import { type ChangeLine, changeLine } from './change-lines.ts';
import { changesObject } from './change-objects.ts';
import { textsOfLine } from './json-lines.ts';

const INTEGER: Kind = { kind: 'integer', bits: 32 };
const MONEY: Kind = { kind: 'decimal', precision: 12, scale: 2 };
const TEXT: Kind = { kind: 'text' };
const kinds = new Map<string, Kind>([
  ['id', INTEGER],
  ['amount', MONEY],
  ['note', TEXT],
]);

const change = (offset: bigint, op: ChangeLine['op'], row: ChangeLine['row']): string =>
  changeLine({
    ...{ op, topic: 'p.public.t', partition: 0, offset, lsn: '0/1A', row },
    ...{ committedAtMs: 1_000, receivedAtMs: 1_767_323_045_678 },
  });
const id = (text: string) => ({ name: 'id', kind: INTEGER, text });
const amount = (text: string | null) => ({ name: 'amount', kind: MONEY, text });
const note = (text: string | null) => ({ name: 'note', kind: TEXT, text });

const LINES = [
  change(1n, 'c', [id('1'), amount('3.10'), note(null)]),
  change(2n, 'u', [id('1'), amount(null)]),
  change(9_007_199_254_740_993n, 'd', [id('1')]),
];

test('Parquet says which columns have not changed, and is read back as the lines are', async () => {
  const body = changesObject('parquet', { table: 'public.t', lines: LINES, kinds });
  expect(await parquetTexts(body)).toMatchObject([
    { id: '1', amount: '3.10', note: null, _cdc_unchanged: null, _cdc_captured_at: '1970-01-01 00:00:01+00' },
    { id: '1', amount: null, note: null, _cdc_unchanged: '["note"]', _cdc_received: '2026-01-02 03:04:05.678+00' },
    { id: '1', amount: null, note: null, _cdc_unchanged: '["amount","note"]', _cdc_offset: '9007199254740993' },
  ]);
  const untimed = ({ _cdc_captured_at: _, _cdc_received: __, ...row }: Record<string, unknown>) => row;
  expect((await parquetChanges(body)).map(untimed)).toEqual(LINES.map(textsOfLine).map(untimed));
});

test('a column that came later is there with the kind that is known of it, and as a text where none is', async () => {
  const lines = [
    ...LINES,
    change(4n, 'c', [id('2'), amount('1.00'), note('n'), { name: 'later', kind: INTEGER, text: '7' }]),
  ];
  const rows = async (known: ReadonlyMap<string, Kind>) =>
    (await parquetTexts(changesObject('parquet', { table: 'public.t', lines, kinds: known }))).map(
      ({ later }) => later,
    );
  expect(await rows(new Map([...kinds, ['later', INTEGER]]))).toEqual([null, null, null, '7']);
  expect(await rows(kinds)).toEqual([null, null, null, '7']);
});

test('JSON Lines are the lines; a value that Parquet cannot hold is one clear error', () => {
  expect(Buffer.from(changesObject('jsonl', { table: 'public.t', lines: LINES, kinds })).toString()).toBe(
    LINES.map((line) => `${line}\n`).join(''),
  );
  const lines = [change(1n, 'c', [id('1'), amount('NaN')])];
  expect(() => changesObject('parquet', { table: 'public.t', lines, kinds })).toThrow(
    expect.objectContaining({ code: 'no-parquet-value', message: expect.stringContaining('amount') }),
  );
});
