import { expect, test } from 'vitest';
import { sourceCapabilities } from './source-capabilities.ts';

test.each([
  ['postgres', []],
  ['mariadb', ['binlog']],
  ['mysql', ['binlog']],
  ['sqlserver', ['change-tables']],
])('a source of %s can suffer %j', (engine, capabilities) => {
  expect(sourceCapabilities({ engine })).toEqual([...capabilities, 'source-settings']);
  expect(sourceCapabilities({ engine, ownPrefix: 'driftlab_0a1b2c_' })).toEqual(capabilities);
});
