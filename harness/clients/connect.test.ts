import { expect, test } from 'vitest';
import { type ConnectorStatus, failureOf, rootCause } from './connect.ts';

const trace = `org.apache.kafka.connect.errors.ConnectException: Exiting WorkerSinkTask
\tat org.apache.kafka.connect.runtime.WorkerSinkTask.deliver(WorkerSinkTask.java:600)
Caused by: org.apache.kafka.connect.errors.ConnectException: JDBC sink connector failure
\t... 5 more
Caused by: org.postgresql.util.PSQLException: ERROR: deadlock detected
\tat org.postgresql.core.v3.QueryExecutorImpl.receiveErrorResponse(QueryExecutorImpl.java:2733)`;

test('the innermost cause of a trace is what happened; without one, its first line', () => {
  expect(rootCause(trace)).toBe('org.postgresql.util.PSQLException: ERROR: deadlock detected');
  expect(rootCause('java.lang.OutOfMemoryError: heap\n\tat x')).toBe('java.lang.OutOfMemoryError: heap');
});

test('a failed task is a failure although its connector runs; a paused one is none', () => {
  const status = (state: 'FAILED' | 'PAUSED'): ConnectorStatus => ({
    name: 'c',
    type: 'sink',
    connector: { state: 'RUNNING', worker_id: 'w' },
    tasks: [{ id: 0, state, worker_id: 'w', trace }],
  });
  expect(failureOf(status('FAILED'))).toEqual({
    error: 'org.postgresql.util.PSQLException: ERROR: deadlock detected',
    trace,
  });
  expect(failureOf(status('PAUSED'))).toBeUndefined();
});
