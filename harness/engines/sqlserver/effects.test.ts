import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Table } from '#model/catalog.ts';
import { effectsOf, keepUnchangedSql, noteEffectsSql } from './effects.ts';

const TABLE: Table = {
  ...{ schema: 'dbo', name: 'notes', key: ['id', 'at'] },
  columns: [
    { name: 'id', type: 'int', nullable: false, generated: false },
    { name: 'at', type: 'datetimeoffset(7)', nullable: false, generated: false },
    { name: 'words', type: 'nvarchar(max)', nullable: true, generated: false },
  ],
};

test('every write with a position is noted, and every delete, but nothing that another trigger writes', () => {
  const [written = '', deleted = '', ...more] = noteEffectsSql(TABLE);
  expect(more).toEqual([]);
  expect(written).toMatch(
    /^CREATE OR ALTER TRIGGER \[dbo\]\.\[driftlab_note_notes\] ON \[dbo\]\.\[notes\] AFTER INSERT, UPDATE AS/,
  );
  expect(written).toContain('IF TRIGGER_NESTLEVEL() > 1 RETURN;');
  expect(written).toContain('CONVERT(varchar(58), i.[_cdc_lsn]) FROM inserted AS i WHERE i.[_cdc_lsn] IS NOT NULL');
  expect(deleted).toContain("'0' FROM deleted AS d;");
});

test('what was noted of a key is found by its canonical text, whether its moments have a zone or none', async () => {
  const key = '["7","2024-02-29 10:00:00.5+00"]';
  const hash = createHash('sha256').update(Buffer.from('1:721:2024-02-29 10:00:00.5', 'utf16le')).digest('hex');
  const asked: string[] = [];
  const sink = {
    async query<T extends object>(sql: string): Promise<T[]> {
      asked.push(sql);
      const rows = [
        { hash: hash.toUpperCase(), lsn: '0012' },
        { hash: hash.toUpperCase(), lsn: '0' },
      ];
      return (sql.startsWith('SELECT') ? rows : []) as unknown as T[];
    },
  };
  expect(await effectsOf(sink, 'dbo.notes', [key, '["8","x"]'])).toEqual(new Map([[key, [12n, 0n]]]));
  expect(asked[1]).toContain(`0x${hash}`);
});

test("the connector's placeholder leaves a text as it was, where there is one of any length", () => {
  expect(keepUnchangedSql(TABLE)).toContain(
    "t.[words] = CASE WHEN i.[words] = N'__debezium_unavailable_value' THEN d.[words] ELSE t.[words] END",
  );
  expect(keepUnchangedSql({ ...TABLE, columns: TABLE.columns.slice(0, 2) })).toBeUndefined();
  // A trigger that names one of these cannot be made.
  for (const type of ['text', 'ntext']) {
    const columns = TABLE.columns.map((column) => (column.name === 'words' ? { ...column, type } : column));
    expect(keepUnchangedSql({ ...TABLE, columns })).toBeUndefined();
  }
});
