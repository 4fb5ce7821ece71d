import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { ClusterDiagnosis, SetUpCause, SetUpDiagnosis } from '#model/set-up.ts';
import type { End } from '#model/stack.ts';
import { until } from '#std/wait.ts';
import { type ClusterBench, openClusterBench } from '#testing/cluster-bench.ts';
import { CONNECTOR_PLANTS, type ConnectorPlant } from '#testing/connector-plants.ts';
import { hasOpenssl, mountsDisks } from '#testing/own-server.ts';

const ENDS = ['source', 'sink'] as const;
const LOOK_AGAIN_MS = 2000;

let bench: ClusterBench;
let folder: string;
/** What was said of each connector before any was broken, and once all were. */
let before: ReadonlyMap<string, SetUpDiagnosis>;
let broken: ReadonlyMap<string, SetUpDiagnosis>;

/** Those whose fix `--fix` makes. */
const OFFERED = CONNECTOR_PLANTS.filter(({ code }) =>
  [
    ...['source-no-replication', 'source-table-unreadable', 'publication-missing', 'publication-lacks-table'],
    'connector-publication-missing',
    ...['source-connector-halted', 'sink-connector-halted', 'sink-right-missing', 'target-right-missing'],
  ].includes(code),
);

/** What is named at once, and what only once it has lasted. */
const [SLOW, PROMPT] = [true, false].map((slow) =>
  CONNECTOR_PLANTS.filter((plant) => (plant.slow ?? false) === slow),
) as [ConnectorPlant[], ConnectorPlant[]];

const named = (plant: ConnectorPlant): string => `c${CONNECTOR_PLANTS.indexOf(plant)}`;
/** Those that run before any is broken, or all. */
const namesOf = (end: End, all?: 'all'): string[] =>
  CONNECTOR_PLANTS.filter((plant) => plant.end === end && (all !== undefined || plant.late !== true)).map(named);

async function look(): Promise<ReadonlyMap<string, SetUpDiagnosis>> {
  const read = await Promise.all(ENDS.map(async (end) => (await bench.diagnose(end, '--json')).out));
  // A password is in the configuration of every second one.
  expect(read.join('')).not.toContain('sesame');
  const all = read.flatMap((out) => (JSON.parse(out) as ClusterDiagnosis).connectors);
  return new Map(all.map((one) => [one.pipeline, one]));
}

function causeOf(plant: ConnectorPlant): SetUpCause {
  const [cause] = broken.get(named(plant))?.causes ?? [];
  if (cause === undefined) throw new Error(`no cause of ${named(plant)}, where ${plant.code} was planted`);
  return cause;
}

/** How a cause has its connector be started again. */
function startOf({ fix, notes }: SetUpCause): readonly string[] {
  return fix.by === 'command'
    ? fix.run
    : notes.flatMap((note) => (note.startsWith('then ') ? note.slice(5).split('; ') : []));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-cluster-'));
  bench = await openClusterBench(folder);
  await bench.feed();
  const isLate = ({ late }: ConnectorPlant): boolean => late === true;
  for (const plant of CONNECTOR_PLANTS) if (!isLate(plant)) await bench.deploy(named(plant), plant);
  await bench.awaitRunning('source', namesOf('source'));
  before = await look();
  for (const plant of CONNECTOR_PLANTS) if (!isLate(plant)) await bench.break(named(plant), plant);
  for (const plant of CONNECTOR_PLANTS) if (isLate(plant)) await bench.deploy(named(plant), plant);
  const isFirst = async (): Promise<boolean> => {
    await bench.write();
    broken = await look();
    return PROMPT.every((plant) => broken.get(named(plant))?.causes[0]?.code === plant.code);
  };
  // What is not first in the end is for its own test to tell.
  await until(isFirst, {
    what: 'each cause',
    limitMs: 90_000,
    pauseMs: LOOK_AGAIN_MS,
    maxPauseMs: LOOK_AGAIN_MS,
  }).catch(() => {});
}, 300_000);
afterAll(async () => {
  await bench?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

test('nothing is wrong with source connectors that run', () => {
  const causes = ['feed', ...namesOf('source')].map((name) => before.get(name)?.causes.map(({ code }) => code));
  expect(causes).toEqual(causes.map(() => []));
});

test.for(PROMPT)('$end: $code is named first', (plant) => expectNamed(plant));

function expectNamed(plant: ConnectorPlant): void {
  const cause = causeOf(plant);
  expect(cause).toMatchObject({
    ...{ code: plant.code, certainty: 'shown' },
    says: expect.stringContaining(plant.says.replaceAll('%', named(plant))),
  });
  expect(cause.evidence.join('')).not.toBe('');
}

test('a server that speaks TLS alone is among them', ({ skip }) => {
  skip(!hasOpenssl(), 'there is no openssl here to make a certificate with: connector-tls-wanted is not planted');
  expect(CONNECTOR_PLANTS.map(({ code }) => code)).toContain('connector-tls-wanted');
});

test('a server whose disk is full is among them', ({ skip }) => {
  skip(!mountsDisks(), 'no disk may be mounted here: connector-disk-full is not planted');
  expect(CONNECTOR_PLANTS.map(({ code }) => code)).toContain('connector-disk-full');
});

test('--fix offers what takes nothing away, and makes none of it without a yes', async () => {
  const offered: string[] = [];
  const no = (name: string, code: string): boolean => {
    offered.push(`${name} ${code}`);
    return false;
  };
  for (const end of ENDS) expect(await bench.offer(end, no)).toMatchObject({ status: 1, err: '' });
  expect(offered).toEqual(expect.arrayContaining(OFFERED.map((plant) => `${named(plant)} ${plant.code}`)));
  const codes = (all: typeof broken) => PROMPT.map((plant) => all.get(named(plant))?.causes[0]?.code);
  expect(codes(await look())).toEqual(codes(broken));
  await expect(bench.diagnose('source', '--fix')).resolves.toMatchObject({
    status: 2,
    err: expect.stringMatching(/there is nobody to ask[\s\S]*expected: a terminal/),
  });
}, 120_000);

test('what the causes say fixes them: every connector runs, and nothing is wrong any more', async () => {
  const byHand = PROMPT.filter((plant) => !OFFERED.includes(plant));
  for (const plant of byHand) await bench.fix(named(plant), plant, causeOf(plant));
  for (const plant of byHand) for (const line of startOf(causeOf(plant))) await bench.run(plant, line);
  const yes = (name: string, code: string): boolean =>
    OFFERED.some((plant) => named(plant) === name && plant.code === code);
  const ran = await Promise.all(ENDS.map((end) => bench.offer(end, yes)));
  expect(ran.map(({ err }) => err).join('')).toBe('');
  for (const end of ENDS) await bench.awaitRunning(end, namesOf(end, 'all'));
  await untilSound(SLOW.map(named));
}, 300_000);

/** Until nothing is wrong with any connector but these. */
async function untilSound(but: readonly string[]): Promise<void> {
  let left: readonly string[] = [];
  const isSound = async (): Promise<boolean> => {
    await bench.write();
    left = [...(await look())]
      .filter(([name]) => !but.includes(name))
      .flatMap(([name, { causes }]) => causes.map(({ code }) => `${name} ${code}`));
    return left.length === 0;
  };
  await until(isSound, {
    what: 'nothing to be wrong',
    limitMs: 90_000,
    pauseMs: LOOK_AGAIN_MS,
    saw: () => left.join(),
  });
}

test('what is wrong only once it has lasted is named first then, and fixed by what the cause says', async () => {
  const isFirst = async (): Promise<boolean> => {
    await bench.write();
    broken = await look();
    return SLOW.every((plant) => broken.get(named(plant))?.causes[0]?.code === plant.code);
  };
  const limits = { limitMs: 180_000, pauseMs: LOOK_AGAIN_MS, maxPauseMs: LOOK_AGAIN_MS };
  await until(isFirst, { ...limits, what: 'each cause' }).catch(() => {});
  for (const plant of SLOW) expectNamed(plant);
  for (const plant of SLOW) await bench.fix(named(plant), plant, causeOf(plant));
  await untilSound([]);
}, 300_000);

test('of a machine whose clock is an hour behind, the source runs ahead; of one that is right, nothing is wrong', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 });
  try {
    const [cause] = (await look()).get('feed')?.causes ?? [];
    expect(cause).toMatchObject({ code: 'source-clock-apart', says: expect.stringMatching(/ 36\d\d s ahead of/) });
  } finally {
    vi.useRealTimers();
  }
  expect((await look()).get('feed')?.causes).toEqual([]);
});

test('what runs again carries: each sink has what its source has, and each source is captured', async () => {
  // Some read topics of their own.
  const others = CONNECTOR_PLANTS.filter(({ config }) => config?.topics !== undefined).map(named);
  await bench.awaitEqual(namesOf('sink').filter((name) => !others.includes(name)));
  await bench.awaitCaptured();
}, 120_000);

test('an address where nobody answers, and a connector that is not there, are one clear error each', async () => {
  expect(await bench.diagnose('source', '--connector', 'shop')).toMatchObject({
    status: 2,
    err: expect.stringMatching(/there is no connector shop at http[\s\S]*expected: one of [^\n]*feed/),
  });
  expect(await bench.diagnose('source', '--connect', 'http://127.0.0.1:1')).toMatchObject({
    status: 1,
    err: expect.stringMatching(/Kafka Connect does not answer[\s\S]*ECONNREFUSED/),
  });
  expect(await bench.diagnose('source', '--connector', 'feed')).toMatchObject({
    status: 0,
    out: expect.stringMatching(/^feed \(RUNNING\): nothing wrong was found\n\nlooked at:\n {2}the source feed@/),
  });
});
