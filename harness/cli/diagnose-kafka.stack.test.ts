import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SetUpCause, SetUpDiagnosis } from '#model/set-up.ts';
import { OperatorError } from '#std/errors.ts';
import { until } from '#std/wait.ts';
import { testHost } from '#testing/cli-host.ts';
import { withAll, without } from '#testing/connect-plants.ts';
import { openKafkaBench } from '#testing/kafka-bench.ts';
import { KAFKA_PLANTS, type KafkaPlant, WRITERS } from '#testing/kafka-plants.ts';
import { connectorsCommand } from './connectors/command.ts';

const LOOK = { limitMs: 90_000, pauseMs: 1000, maxPauseMs: 1000 };
/** Of the workers, in which they keep connectors' configurations. */
const CONFIGS = '_connect-sink-configs';

let folder: string;
let bench: Awaited<ReturnType<typeof openKafkaBench>>;
let before: ReadonlyMap<string, SetUpDiagnosis>;
let broken: ReadonlyMap<string, SetUpDiagnosis>;

const CONNECTORS = [...WRITERS, ...KAFKA_PLANTS];
/** Source connectors that have something to write whenever it is looked. */
const WRITING = ['feed', 'avro', 'bare', 'gone', 'login', 'denied', 'away'];

async function look(): Promise<ReadonlyMap<string, SetUpDiagnosis>> {
  const { connectors } = await bench.diagnose();
  expect(JSON.stringify(connectors)).not.toContain('sesame');
  return new Map(connectors.map((one) => [one.pipeline, one]));
}

const codesOf = (all: ReadonlyMap<string, SetUpDiagnosis>): readonly string[] =>
  [...all].flatMap(([name, { causes }]) => causes.map(({ code }) => `${name} ${code}`));

/** Until nothing is wrong, and every connector runs. */
async function untilSound(): Promise<ReadonlyMap<string, SetUpDiagnosis>> {
  let all = new Map<string, SetUpDiagnosis>() as ReadonlyMap<string, SetUpDiagnosis>;
  const states = () => [...all].map(([name, { status }]) => `${name} ${status}`).filter((one) => !/RUNNING$/.test(one));
  const isSound = async (): Promise<boolean> => {
    all = await look();
    return codesOf(all).length === 0 && states().length === 0;
  };
  await until(isSound, { ...LOOK, what: 'nothing to be wrong', saw: () => [...codesOf(all), ...states()].join(', ') });
  return all;
}

async function untilRead(): Promise<void> {
  const unseen = async (): Promise<readonly string[]> => {
    const seen = await Promise.all(
      KAFKA_PLANTS.filter(({ name }) => name !== 'fenced').map(async ({ name }) => ({
        name,
        topics: await bench.connect.topics(name),
      })),
    );
    return seen.filter(({ topics }) => topics.length === 0).map(({ name }) => name);
  };
  let left: readonly string[] = [];
  const isRead = async (): Promise<boolean> => {
    left = await unseen();
    return left.length === 0;
  };
  await until(isRead, { ...LOOK, what: 'every connector to carry a record', saw: () => left.join(', ') });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-kafka-'));
  bench = await openKafkaBench(folder);
  for (const { name, deploy } of WRITERS) await deploy(bench, name);
  const topics = WRITERS.map(({ name }) => `${name}.public.t_${name}`);
  const areThere = async () => {
    const there = await bench.admin.listTopics();
    return topics.every((topic) => there.includes(topic));
  };
  await until(areThere, { ...LOOK, what: 'topics of the writers' });
  for (const { name, deploy } of KAFKA_PLANTS) await deploy(bench, name);
  await untilRead();
  before = await untilSound();
  for (const plant of KAFKA_PLANTS.slice(0, -1)) await plant.break(bench, plant.name);
  const isFirst = async (plants: readonly KafkaPlant[]): Promise<boolean> => {
    for (const name of WRITING) await bench.write(name);
    broken = await look();
    return plants.every(({ name, code }) => broken.get(name)?.causes[0]?.code === code);
  };
  // What is not first in the end is for its own test to tell.
  const wait = (plants: readonly KafkaPlant[]) =>
    until(() => isFirst(plants), { ...LOOK, what: 'each cause' }).catch(() => {});
  await wait(KAFKA_PLANTS.slice(0, -1));
  await KAFKA_PLANTS.at(-1)?.break(bench, 'away');
  await bench.admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: 2, name: CONFIGS, configEntries: [{ name: 'cleanup.policy', value: 'delete' }] }],
  });
  await wait(KAFKA_PLANTS);
}, 300_000);
afterAll(async () => {
  await bench?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

test('nothing is wrong with connectors that run', () => {
  expect(codesOf(before)).toEqual([]);
  expect([...before.keys()]).toEqual(expect.arrayContaining(CONNECTORS.map(({ name }) => name)));
});

test.for(KAFKA_PLANTS)('$name: $code is named first', ({ name, code, says, read }) => {
  const [cause] = broken.get(name)?.causes ?? [];
  const filled = (text: string): string => text.replaceAll('%', name);
  expect(cause).toMatchObject({ code, certainty: 'shown', says: expect.stringContaining(filled(says)) });
  expect(cause?.evidence.join('\n')).toContain(filled(read));
});

test('of a connector that runs, a topic of the workers that is not compacted is the one cause', () => {
  expect(broken.get('feed')?.causes).toMatchObject([
    {
      code: 'connect-topic-not-compacted',
      says: expect.stringContaining(`${CONFIGS} holds Connect's configurations with cleanup.policy=delete`),
    },
  ]);
});

/** Runs a line of a fix as its tool would. Kafka's own tools are not part of what is set up here: its protocol is spoken. */
async function run(line: string): Promise<void> {
  const [tool = ''] = line.split(' ');
  const option = (name: string): string[] =>
    [...line.matchAll(new RegExp(`--${name} (\\S+)`, 'g'))].flatMap(([, value]) => value ?? []);
  const [topic] = option('topic');
  const [group] = option('group');
  if (tool.startsWith('kafka-')) expect(option('bootstrap-server')).toEqual([bench.stack.brokers.join(',')]);
  if (tool === 'kafka-topics.sh' && topic !== undefined) await bench.admin.createTopics({ topics: [{ topic }] });
  else if (tool === 'kafka-acls.sh') {
    const user = option('allow-principal')[0]?.replace('User:', '') ?? '';
    const operations = option('operation') as ('Read' | 'Write' | 'Describe')[];
    await bench.allow(user, { ...(topic ? { topic } : {}), ...(group ? { group } : {}), operations });
  } else if (tool === 'kafka-configs.sh') {
    const [name = '', value = ''] = option('add-config')[0]?.split('=') ?? [];
    await bench.admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: 2, name: option('entity-name')[0] ?? '', configEntries: [{ name, value }] }],
    });
  } else if (tool === 'curl') execFileSync('sh', ['-c', line], { stdio: 'pipe' });
  else {
    const [, words = ''] = /^driftlab connectors (.+) --connect \S+$/.exec(line) ?? [];
    expect(await connectors(...words.split(' '))).toMatchObject({ status: 0 });
  }
}

async function connectors(...args: readonly string[]) {
  const host = { ...testHost(folder, () => Promise.reject(new Error('not to be run'))), env: bench.env };
  const status = await connectorsCommand([...args, '--connect', bench.workers], host).catch((error: unknown) => {
    if (!(error instanceof OperatorError)) throw error;
    return error;
  });
  return { status, out: host.out.join('') };
}

const PROPERTY = /^([\w.]+)=([^…\s]+)$/;

/** Does what a cause has a person do. */
async function fix(name: string, { fix: { by, at, run: lines }, notes }: SetUpCause): Promise<void> {
  const [, whose] = /^the configuration of (\S+)$/.exec(at) ?? [];
  const properties = lines.flatMap((line) => {
    const [, property, value] = PROPERTY.exec(line) ?? [];
    return property === undefined || value === undefined ? [] : [[property, value] as const];
  });
  if (by === 'command') for (const line of lines) await run(line);
  else if (whose !== undefined) await bench.configure(whose, Object.fromEntries(properties));
  const plant = KAFKA_PLANTS.find((one) => one.name === name);
  await plant?.mend?.(bench, name, broken.get(name)?.causes[0] as SetUpCause);
  if (by !== 'command')
    for (const note of notes)
      if (note.startsWith('then ')) for (const line of note.slice(5).split('; ')) await run(line);
}

test('what the causes say fixes them: every connector runs, and nothing is wrong any more', async () => {
  const causeOf = (name: string): SetUpCause => {
    const [cause] = broken.get(name)?.causes ?? [];
    if (cause === undefined) throw new Error(`no cause of ${name}`);
    return cause;
  };
  await fix('feed', causeOf('feed'));
  for (const { name } of KAFKA_PLANTS.toReversed()) await fix(name, causeOf(name));
  await untilSound();
  // What is written then is in topics that were missing.
  await bench.sql('INSERT INTO u_added VALUES (2)');
  await bench.write('gone');
  for (const topic of ['added.public.u_added', 'gone.public.t_gone'])
    await until(async () => (await bench.admin.fetchTopicOffsets(topic)).some(({ high }) => Number(high) > 0), {
      ...LOOK,
      what: `records in ${topic}`,
    });
}, 240_000);

test('a class that no worker has is refused, and one that they have lost is named first', async () => {
  const file = join(folder, 'shop.json');
  writeFileSync(file, JSON.stringify({ name: 'shop', config: { 'connector.class': 'com.example.ShopConnector' } }));
  expect(await connectors('deploy', file)).toMatchObject({
    status: {
      message: 'the workers do not have com.example.ShopConnector, the class of shop',
      expected: expect.stringContaining('io.debezium.connector.jdbc.JdbcSinkConnector'),
    },
  });
  await without(bench, 'sink', /jdbc/);
  const sinks = [...before.keys()].filter((name) => /^(reads|no_|fenced|shares|is_shared|lost)/.test(name));
  let all = await look();
  // A worker that has just started knows what its connectors were a moment later.
  const isLost = async (): Promise<boolean> => {
    all = await look();
    return sinks.every((name) => all.get(name)?.causes[0]?.code === 'sink-plugin-missing');
  };
  await until(isLost, { ...LOOK, what: 'each sink connector to lack its plugin', saw: () => codesOf(all).join(', ') });
  expect(all.get('feed')?.causes).toEqual([]);
  await withAll(bench, 'sink');
  await untilSound();
}, 180_000);
