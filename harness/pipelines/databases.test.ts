import { expect, test } from 'vitest';
import { databaseName } from './databases.ts';

test("on a server of the lab's own a database has its plain name, on any other one it begins with the lab's mark", () => {
  expect(databaseName({}, 'restart_upsert')).toBe('restart_upsert');
  expect(databaseName({ ownPrefix: 'driftlab_0a1b2c_' }, 'restart_upsert')).toBe('driftlab_0a1b2c_restart_upsert');
});

test('a name that no server would keep whole is cut, and two of them stay two', () => {
  const names = ['a', 'b'].map((last) => databaseName({ ownPrefix: 'driftlab_0a1b2c_' }, `${'x'.repeat(60)}${last}`));
  expect(names.map(({ length }) => length)).toEqual([63, 63]);
  expect(new Set(names).size).toBe(2);
  expect(names.every((name) => name.startsWith('driftlab_0a1b2c_xxx'))).toBe(true);
});
