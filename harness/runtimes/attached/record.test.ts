import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openAttached } from './attached.ts';
import { orphanedRecords, readRecord, recordFile } from './record.ts';

const ID = '20260105090807-abcdef';
const named = { engine: 'postgres', host: '127.0.0.1', port: 1, user: 'lab', password: 'old' };

let labs: string;
beforeEach(() => {
  labs = mkdtempSync(join(tmpdir(), 'driftlab-test-'));
});
afterEach(() => rmSync(labs, { recursive: true }));

test('which servers a lab uses, and what of it is there, is written down for its owner alone', () => {
  const attached = openAttached(join(labs, ID), { source: named }, false);
  attached?.claims.add('source', 'driftlab_x_a');
  attached?.claims.add('source', 'driftlab_x_a');
  attached?.claims.add('source', 'driftlab_x_b');
  attached?.claims.remove('source', 'driftlab_x_b');
  const file = recordFile(join(labs, ID));
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readRecord(file)?.databases).toEqual([{ end: 'source', name: 'driftlab_x_a' }]);
  expect(attached?.servers.source?.ownPrefix).toMatch(/^driftlab_[0-9a-f]{6}_$/);
  expect([attached?.claims.has('source', 'driftlab_x_a'), attached?.claims.has('sink', 'driftlab_x_a')]).toEqual([
    true,
    false,
  ]);
});

test('a lab without such a server writes nothing down', () => {
  expect(openAttached(join(labs, ID), {}, false)).toBeUndefined();
  expect(readRecord(recordFile(join(labs, ID)))).toBeUndefined();
});

test('a lab that was kept goes on with its names, its servers, and how one logs in there now', () => {
  const before = openAttached(join(labs, ID), { source: named }, false);
  before?.claims.add('source', 'driftlab_x_a');
  const now = { source: { ...named, password: 'new' }, sink: { ...named, host: 'elsewhere' } };
  const after = openAttached(join(labs, ID), now, true);
  expect(after?.servers).toEqual({ source: { ...before?.servers.source, password: 'new' } });
  expect(after?.claims.has('source', 'driftlab_x_a')).toBe(true);
  const moved = openAttached(join(labs, ID), { source: { ...named, port: 2 } }, true);
  expect(moved?.servers.source?.port).toBe(1);
});

test('a record is orphaned once the folder of its lab has gone', () => {
  openAttached(join(labs, ID), { source: named }, false);
  mkdirSync(join(labs, ID));
  expect(orphanedRecords(labs)).toEqual([]);
  rmSync(join(labs, ID), { recursive: true });
  writeFileSync(join(labs, 'mine.attached.json'), '{}');
  expect(orphanedRecords(labs)).toEqual([recordFile(join(labs, ID))]);
  expect(orphanedRecords(join(labs, 'never'))).toEqual([]);
});

test.each([
  'null',
  '{',
  '{"servers":{},"databases":{}}',
  '{"servers":{},"databases":[{"end":"source","name":"shop"}]}',
  JSON.stringify({ servers: { source: named }, databases: [{ end: 'source', name: 'shop' }] }),
  JSON.stringify({ servers: { source: { ...named, ownPrefix: '' } }, databases: [] }),
  JSON.stringify({ servers: { source: { ...named, ownPrefix: 'd_' } }, databases: [{ end: 'source', name: '' }] }),
])('%s is no record: nothing is dropped for it', (text) => {
  writeFileSync(join(labs, 'x'), text);
  expect(readRecord(join(labs, 'x'))).toBeUndefined();
});
