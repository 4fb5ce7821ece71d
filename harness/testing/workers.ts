import { type ConnectClient, connectClient } from '#clients/connect.ts';
import type { Stack, WorkerGroup } from '#model/stack.ts';
import { until } from '#std/wait.ts';

/** A worker's address with the user and the password of the stack's workers in it. */
export function workerAddress(stack: Stack, end: 'source' | 'sink'): string {
  const { urls, access } = stack.workers[end];
  const login = Buffer.from((access.authorization ?? '').replace('Basic ', ''), 'base64').toString();
  return (urls[0] ?? '').replace('//', `//${login}@`);
}

type Group = Pick<WorkerGroup, 'urls' | 'access'>;

/** As a person deploys connectors: with their passwords in them. */
export function openly({ urls, access: { authorization } }: Group): ConnectClient {
  return connectClient({ urls, access: authorization === undefined ? {} : { authorization } });
}

/** The first answer of a group's workers that is not put off, as one is that rebalances. */
export function askWorkers({ urls, access }: Group, method: string, path: string): Promise<Response> {
  const headers = { authorization: access.authorization ?? '', 'content-type': 'application/json' };
  const answered = async (): Promise<Response | undefined> => {
    const answer = await fetch(`${urls[0]}${path}`, { method, headers });
    return answer.ok || !(await answer.clone().text()).includes('rebalance') ? answer : undefined;
  };
  return until(answered, { what: `Kafka Connect to accept ${method} ${path}`, limitMs: 30_000 });
}
