import { expect, test } from 'vitest';
import { identify, isAlive, type ProcessEntry, parsePsLine, parseStat, treeOf } from './process-table.ts';

// Fields 3 to 22 of /proc/<pid>/stat, and some after them.
const rest = 'S 17 4711 4711 0 -1 4194304 100 0 0 0 1 2 0 0 20 0 1 0 98765 1000000 500';

test('the line of a process is read whatever its name holds', () => {
  const expected = { pid: 42, parent: 17, started: 'boot/98765', zombie: false };
  expect(parseStat(`42 (java) ${rest}`, 'boot')).toEqual(expected);
  expect(parseStat(`42 (a) b (c)) ${rest}`, 'boot')).toEqual(expected);
  expect(parseStat(`42 (x) ${rest.replace('S', 'Z')}`, 'boot')?.zombie).toBe(true);
  expect(parseStat('', 'boot')).toBeUndefined();
});

test("a line of macOS' ps is read", () => {
  expect(parsePsLine('  42    17 S+   Fri Nov 21 09:12:00 2026    ')).toEqual({
    pid: 42,
    parent: 17,
    started: 'Fri Nov 21 09:12:00 2026',
    zombie: false,
  });
  expect(parsePsLine('  42    17 Z    Fri Nov 21 09:12:00 2026')?.zombie).toBe(true);
  expect(parsePsLine('')).toBeUndefined();
});

function entry(pid: number, parent: number, zombie = false): [number, ProcessEntry] {
  return [pid, { pid, parent, started: String(pid), zombie }];
}

test('a tree is a process and all that descend from it, and nobody else', () => {
  const table = new Map([entry(1, 0), entry(5, 1), entry(6, 5), entry(7, 6), entry(8, 1), entry(9, 5, true)]);
  expect(treeOf(5, table).map(({ pid }) => pid)).toEqual([5, 6, 7]);
  expect(treeOf(99, table)).toEqual([]);
});

test('a process is known by its start as well as by its pid', () => {
  const self = identify(process.pid);
  if (self === undefined) throw new Error('this process is not found');
  expect(isAlive(self)).toBe(true);
  expect(isAlive({ ...self, started: 'another time' })).toBe(false);
});
