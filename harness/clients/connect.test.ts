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

/** A client of a worker that gives these answers, and the last of them again and again. */
async function workerSaying(...answers: readonly { readonly status?: number; readonly says: unknown }[]) {
  let next = 0;
  const server = createServer((_, response) => {
    const { status = 200, says } = answers[Math.min(next, answers.length - 1)] ?? { says: '' };
    next += 1;
    response.writeHead(status).end(JSON.stringify(says));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const end = (): void => {
    server.closeAllConnections();
    server.close();
  };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { client: connectClient({ urls: [url], access: {} }), [Symbol.dispose]: end };
}

test('an address in a trace has no password', async () => {
  const failed = { state: 'FAILED', worker_id: 'w', trace: 'no suitable driver: jdbc:x://h/d?user=me&password=geheim' };
  const status = {
    name: 'c',
    type: 'sink',
    connector: { state: 'RUNNING', worker_id: 'w' },
    tasks: [{ id: 0, ...failed }],
  };
  using worker = await workerSaying({ says: status });
  const trace = 'no suitable driver: jdbc:x://h/d?user=me&password=(hidden)';
  expect(await worker.client.status('c')).toEqual({ ...status, tasks: [{ id: 0, ...failed, trace }] });
});

test('what is read while the workers rebalance is asked for again; any other refusal is an error', async () => {
  const message = 'Request cannot be completed because a rebalance is expected';
  using worker = await workerSaying(
    { status: 500, says: { error_code: 500, message } },
    { status: 409, says: { error_code: 409, message } },
    { says: ['shop'] },
    { status: 500, says: { error_code: 500, message: 'Request timed out' } },
  );
  expect(await worker.client.names()).toEqual(['shop']);
  await expect(worker.client.names()).rejects.toThrow('HTTP 500: Request timed out');
});

test('a worker that does not answer is not waited for by whoever reads', async () => {
  const client = connectClient({ urls: ['http://127.0.0.1:1'], access: {} });
  await expect(client.names()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
