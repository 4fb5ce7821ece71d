import { expect, test } from 'vitest';
import { readOffsetsFile } from './offsets.ts';

const file = {
  ...{ version: 1, connector: 'shop', type: 'source', exported_at: '2026-01-02T03:04:05.000Z' },
  offsets: [{ partition: { server: 'shop' }, offset: { lsn: 42 } }],
};

test('what was exported is read back as it is', () => {
  expect(readOffsetsFile(JSON.stringify(file), 'f.json')).toEqual(file);
});

test.each([
  ['no JSON', 'offsets'],
  ['another version', JSON.stringify({ ...file, version: 2 })],
  ['an offset without a partition', JSON.stringify({ ...file, offsets: [{ offset: {} }] })],
  ['null', 'null'],
])('%s is one clear error', (_, text) => {
  expect(() => readOffsetsFile(text, 'f.json')).toThrow(
    expect.objectContaining({ code: 'offsets-file', message: 'f.json has no offsets' }),
  );
});
