import { openVault } from '#clients/vault.ts';
import type { Here } from '#manager/here.ts';
import type { LabAddresses, SharedWorkers } from '#model/lab-addresses.ts';
import type { DatabaseServer, End } from '#model/stack.ts';
import { OperatorError } from '#std/errors.ts';

/** Where a manager works, with a lab or without. */
export function hereWith(env: NodeJS.ProcessEnv, lab?: LabAddresses): Here {
  return {
    env,
    vault: openVault(env),
    lab: () => {
      if (lab !== undefined) return lab;
      throw new OperatorError({ code: 'lab-not-up', message: 'the lab is down', hint: 'npx driftlab up' });
    },
  };
}

const server = (host: string, password: string): DatabaseServer => ({
  ...{ engine: 'postgres', host, port: 5432, user: 'me', password },
});
const databases = (by: string, password: string): Readonly<Record<End, DatabaseServer>> => ({
  source: server(`source-of-${by}`, password),
  sink: server(`sink-of-${by}`, password),
});
const workers = (by: string): SharedWorkers => ({
  ...{ urls: [`http://${by}:8083`], authorization: 'Basic bWU6d29yZA==', brokers: [`broker-of-${by}:9092`] },
  databases: databases(by, `\${driftlab:/secrets:${by}}`),
});

/** What a lab with the variant `dedup` says of itself; each of its servers is called differently by each that asks for it. */
export const labAddresses: LabAddresses = {
  ...databases('lab', 'geheim'),
  ...{ brokers: ['broker-of-lab:9092'], sourceDatabase: 'lab', sinkDatabases: { dedup: 'lab_dedup' } },
  shared: {
    databases: databases('loader', 'geheim'),
    workers: { source: workers('capture'), sink: workers('sinks') },
  },
};
