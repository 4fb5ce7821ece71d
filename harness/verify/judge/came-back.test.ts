import { expect, test } from 'vitest';
import type { EventRef } from '#model/finding.ts';
import { cameBack, isBack, isRemoval } from './came-back.ts';

const events = (...all: readonly (readonly [op: string, lsn: bigint])[]) =>
  all.map(([op, lsn], place): { ref: EventRef } => ({
    ref: { topic: 't', partition: 0, offset: BigInt(place), op, lsn },
  }));

const LIFE = events(['create', 10n], ['update', 20n], ['delete', 30n]);

test('a row that was seen gone behind its delete is back, also where the log repeats what came before', () => {
  expect(isBack(LIFE, 30n)).toBe(true);
  expect(isBack([...LIFE, ...events(['create', 10n], ['delete', 30n])], 30n)).toBe(true);
});

test('a row that was seen gone while it was at the source, and is there behind its delete, is back', () => {
  expect(isBack(LIFE, 20n)).toBe(true);
});

test('a row that was seen gone before an event that makes it proves nothing', () => {
  expect(isBack(LIFE, undefined)).toBe(false);
  expect(isBack(events(['delete', 5n], ['create', 10n], ['delete', 30n]), 5n)).toBe(false);
  expect(isBack(events(['delete', 5n], ['read', 10n], ['delete', 30n]), 5n)).toBe(false);
  // What was between the two is no longer remembered.
  expect(isBack(events(['delete', 30n]), 5n)).toBe(false);
});

test('a sink that noted the delete of a row has it again, if what it wrote since is not newer', () => {
  expect(cameBack([10n, 20n, 0n], LIFE)).toBe(true);
  expect(cameBack([10n, 20n, 0n, 10n], LIFE)).toBe(true);
  expect(cameBack([10n, 20n], LIFE)).toBe(false);
  expect(cameBack([20n, 10n], LIFE)).toBe(false);
  expect(cameBack([], LIFE)).toBe(false);
});

test('a sink that replaces a row, or that has it anew, does not have it again', () => {
  expect(cameBack([10n, 0n, 20n], LIFE)).toBe(false);
  expect(cameBack([10n, 0n, 20n, 0n, 20n], LIFE)).toBe(true);
});

test('of a sink that notes nothing but deletes each delete of the log must be there', () => {
  const twice = events(['create', 10n], ['delete', 20n], ['create', 30n], ['delete', 40n]);
  expect(cameBack([0n], LIFE)).toBe(true);
  expect(cameBack([0n], twice)).toBe(false);
  expect(cameBack([0n, 0n], twice)).toBe(true);
});

test('a truncate takes rows as a delete does', () => {
  expect(isRemoval('truncate')).toBe(true);
  expect(isRemoval('update')).toBe(false);
  expect(isRemoval(undefined)).toBe(false);
  expect(isBack(events(['create', 10n], ['truncate', 30n]), 30n)).toBe(true);
});

test('what was remembered from the very change on is known', () => {
  expect(isBack(events(['delete', 30n]), 30n)).toBe(true);
  expect(isBack(events(['read', 0n], ['delete', 30n]), 0n)).toBe(true);
});

test('a sink that wrote the row after it had deleted what it never had, has it anew', () => {
  expect(cameBack([0n, 10n], events(['create', 10n], ['delete', 30n]))).toBe(false);
  // Of what came before the last delete the newest counts, wherever it stands.
  expect(cameBack([20n, 10n, 0n, 15n], LIFE)).toBe(true);
  expect(cameBack([10n, 20n, 0n, 15n, 25n], LIFE)).toBe(false);
});

test('deletes are counted, and not what the sink wrote beside them', () => {
  const twice = events(['create', 10n], ['delete', 20n], ['create', 30n], ['truncate', 40n]);
  expect(cameBack([0n, 0n], [...twice, ...events(['delete', 50n])])).toBe(false);
  // Repeated by the log, it is the same delete.
  expect(cameBack([0n], events(['delete', 20n], ['delete', 20n]))).toBe(true);
});

test('deletes whose positions are not known are one', () => {
  const unknown = events(['delete', 1n]).map(({ ref: { lsn: _, ...ref } }) => ({ ref }));
  expect(cameBack([0n], [...unknown, ...unknown])).toBe(true);
  expect(isBack(unknown, 0n)).toBe(true);
});
