import { expect, test } from 'vitest';
import { serverOf } from './server.ts';

test('servers hash alike whose versions, encodings and machines do', () => {
  const row = ['18.4 (Debian)', '180004', 'UTF8', '42'];
  const server = serverOf(row);
  expect(server).toEqual({
    ...{ version: '18.4 (Debian)', fingerprint: 'postgres 18 UTF8 42' },
    traits: { hashesBytes: true, utf8: true },
  });
  expect(serverOf(['18.1', '180001', 'UTF8', '42']).fingerprint).toBe(server.fingerprint);
  for (const other of [
    ['17.9', '170009', 'UTF8', '42'],
    ['18.4', '180004', 'LATIN1', '42'],
    ['18.4', '180004', 'UTF8', '43'],
  ])
    expect(serverOf(other).fingerprint).not.toBe(server.fingerprint);
});

test('what a server can do goes by its version and encoding', () => {
  expect(serverOf(['17.9', '179999', 'LATIN1', '1']).traits).toEqual({ hashesBytes: false, utf8: false });
});

test('a server that says nothing is none', () => {
  expect(() => serverOf(undefined)).toThrow('the server says nothing about itself');
  expect(() => serverOf([])).toThrow('the server says nothing about itself');
});
