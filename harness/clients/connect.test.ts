import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { type ConnectorStatus, connectClient, failureOf, rootCause } from './connect.ts';

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

test('an address in a trace has no password', async () => {
  const failed = { state: 'FAILED', worker_id: 'w', trace: 'no suitable driver: jdbc:x://h/d?user=me&password=geheim' };
  const status = {
    name: 'c',
    type: 'sink',
    connector: { state: 'RUNNING', worker_id: 'w' },
    tasks: [{ id: 0, ...failed }],
  };
  const server = createServer((_, response) => response.end(JSON.stringify(status)));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  try {
    const client = connectClient({ urls: [`http://127.0.0.1:${(server.address() as AddressInfo).port}`], access: {} });
    const trace = 'no suitable driver: jdbc:x://h/d?user=me&password=(hidden)';
    expect(await client.status('c')).toEqual({ ...status, tasks: [{ id: 0, ...failed, trace }] });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
