import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { ENGINE_NAMES } from './index.ts';

test('the table of engines loads no driver of a server that is not asked for', () => {
  expect(ENGINE_NAMES).toContain('sqlserver');
  const { cache } = createRequire(import.meta.url);
  const drivers = Object.keys(cache).flatMap((path) => /node_modules\/(mssql|tedious|mysql2)\//.exec(path)?.[1] ?? []);
  expect([...new Set(drivers)]).toEqual([]);
});
