import { expect, test } from 'vitest';
import { keptWords, workerWords } from './worker-log.ts';

const LOG = [
  '2026-11-28T18:19:03,346 INFO WorkerSinkTask [shop_dw|task-0] WorkerSinkTask{id=shop_dw-0} Executing sink task',
  '2026-11-28T18:19:03,431 ERROR JdbcSinkConnectorTask [shop_dw|task-0] Failed to process record: JDBC failure',
  'org.apache.kafka.connect.errors.ConnectException: JDBC failure',
  '\tat io.debezium.connector.jdbc.JdbcSinkConnectorTask.put(JdbcSinkConnectorTask.java:112)',
  'Caused by: org.postgresql.util.PSQLException: ERROR: column "mood" is of type mood but expression is of type character varying',
  '  Hint: You will need to rewrite or cast the expression.',
  '\t... 12 more',
  '2026-11-28T18:19:03,500 ERROR WorkerTask [other|task-0] WorkerSinkTask{id=other-0} failed',
  '2026-11-28T18:19:04,500 INFO RestServer 127.0.0.1 "GET /connectors/shop_dw/status" 200',
].join('\n');
const isOurs = (name: string): boolean => name === 'shop_dw';

test("a connector's errors are taken with their whole chain, without stack frames and without other connectors'", () => {
  const [words, ...others] = workerWords(LOG, isOurs, 'dw');
  expect(others).toEqual([]);
  expect(words).toMatchObject({ from: 'worker-log', name: "the worker's log of dw" });
  expect(words?.text).toBe(
    [
      'Failed to process record: JDBC failure',
      'org.apache.kafka.connect.errors.ConnectException: JDBC failure',
      'Caused by: org.postgresql.util.PSQLException: ERROR: column "mood" is of type mood but expression is of type character varying',
      '  Hint: You will need to rewrite or cast the expression.',
    ].join('\n'),
  );
});

test('what comes again with another offset is kept once, and a log of thousands stays short', () => {
  const again = (offset: number): string =>
    `2026-11-28T18:19:03,431 WARN JdbcChangeEventSink [shop_dw|task-0] Ignored to write record at offset '${offset}'`;
  const [words] = workerWords(Array.from({ length: 5000 }, (_, index) => again(index)).join('\n'), isOurs, 'dw');
  expect(words?.text).toBe("Ignored to write record at offset '4999'");
  const differing = (index: number): string => again(1).replace('offset', 'x'.repeat(index));
  const [many] = workerWords(Array.from({ length: 900 }, (_, index) => differing(index)).join('\n'), isOurs, 'dw');
  expect(many?.text.length).toBeLessThan(16_100);
});

test('nothing is said where the log has nothing of it', () => {
  expect(workerWords(LOG, () => false, 'dw')).toEqual([]);
  expect(workerWords('', isOurs, 'dw')).toEqual([]);
});

test('words are kept without secrets, and the end of a long statement stays', () => {
  expect(keptWords('failed: jdbc:postgresql://db/dw?user=a&password=hunter2')).not.toContain('hunter2');
  const long = keptWords(`Batch entry 0 INSERT INTO t VALUES (${'1,'.repeat(9000)}) was aborted: ERROR: no such table`);
  expect(long.length).toBeLessThan(2100);
  expect(long).toMatch(/ERROR: no such table$/);
});
