import { expect, test } from 'vitest';
import type { PlacedRecord } from '#clients/read-log.ts';
import { deadLetter, errorClass } from './letter.ts';
import { isSelected } from './select.ts';
import { createTally } from './tally.ts';

const TRACE = `org.apache.kafka.connect.errors.DataException: a
\tat x.Y.z(Y.java:1)
Caused by: java.lang.NumberFormatException: For input string: "a"
\t... 3 more`;

function record(headers: PlacedRecord['headers'] = {}, timestamp = '1000'): PlacedRecord {
  const placed = { topic: 'dlq', partition: 0, offset: '7', timestamp, attributes: 0 };
  return { ...placed, key: Buffer.from('{"id":7}'), value: null, headers };
}

function failed(more: Readonly<Record<string, string | string[]>> = {}): NonNullable<PlacedRecord['headers']> {
  const said = {
    ...{ topic: 't', partition: '1', offset: '9', 'connector.name': 'c', 'task.id': '0', stage: 'TASK_PUT' },
    ...{ 'exception.class.name': 'org.apache.kafka.connect.errors.DataException', 'exception.message': 'a' },
    ...{ 'exception.stacktrace': TRACE, ...more },
  };
  return Object.fromEntries(Object.entries(said).map(([name, text]) => [`__connect.errors.${name}`, text]));
}

test("Connect's headers say what failed, and are none of the record's own", () => {
  const { failure, headers } = deadLetter(record({ own: 'mine', ...failed() }));
  expect(headers).toEqual({ own: 'mine' });
  expect(failure).toMatchObject({
    ...{ connector: 'c', stage: 'TASK_PUT', origin: { topic: 't', partition: 1, offset: 9n } },
    cause: 'java.lang.NumberFormatException: For input string: "a"',
  });
  expect(deadLetter(record({ own: 'mine' }))).not.toHaveProperty('failure');
  // Of one that has failed before, the last.
  expect(deadLetter(record(failed({ offset: ['3', '12'] }))).failure?.origin.offset).toBe(12n);
});

test('a class is that of the exception or of its last cause, with or without its package', () => {
  const letter = deadLetter(record(failed()));
  expect(errorClass(letter)).toBe('DataException ← NumberFormatException');
  const names = ['DataException', 'java.lang.NumberFormatException', 'NumberFormatException', 'Exception'];
  expect(names.map((name) => isSelected(letter, {}, { class: name }))).toEqual([true, true, true, false]);
  expect(isSelected(deadLetter(record()), {}, { class: 'DataException' })).toBe(false);
});

test('a key is named by its columns, by the value of its only one, or by its bytes', () => {
  const letter = deadLetter(record());
  const matches = (key: string, decoded: string) => isSelected(letter, { key: decoded }, { key });
  expect([matches('id=7', 'id=7'), matches('7', 'id=7'), matches('{"id":7}', 'id=7')]).toEqual([true, true, true]);
  expect([matches('8', 'id=7'), matches('7', 'shop=1, id=7')]).toEqual([false, false]);
});

test('records that have failed alike are counted together, most first', () => {
  const tally = createTally();
  for (const one of [record({}, '5'), record(failed(), '2000'), record(failed(), '1000')]) tally.add(deadLetter(one));
  expect(tally.result()).toMatchObject({
    records: 3,
    classes: [
      {
        topic: 't',
        stage: 'TASK_PUT',
        records: 2,
        first: '1970-01-01T00:00:01.000Z',
        latest: '1970-01-01T00:00:02.000Z',
      },
      { class: 'not known', topic: 'not known', stage: 'not known', records: 1 },
    ],
  });
});
