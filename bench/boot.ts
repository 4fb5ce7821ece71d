// How long until the stack is ready, with the measures of the embedded runtime and without: the same servers, in the
// same session, turn about; and how long `driftlab up` takes, which starts the same stack and a pipeline on it.
// Where a Docker engine answers, the same stack in containers as well.
// `npm run bench boot [runs]`
import type { Node, Stack } from '#model/stack.ts';
import { openEngine } from '#runtimes/docker/engine.ts';
import { ensureImages } from '#runtimes/docker/images.ts';
import { startDockerStack } from '#runtimes/docker/stack.ts';
import { sweep } from '#runtimes/embedded/lab-folder.ts';
import { bootStack } from '#runtimes/embedded/stack.ts';
import { explain, OperatorError } from '#std/errors.ts';
import { openBenchLab } from './common/lab.ts';
import { median } from './common/statistics.ts';

const TARGET = 0.7;
const runs = Number(process.argv[2] ?? 3);
if (!Number.isInteger(runs) || runs < 1) {
  process.stderr.write(`error: the number of runs must be a whole number from 1, not ${process.argv[2]}\n`);
  process.exit(2);
}

type Start = (options: { onState(node: Node, tookMs?: number): void }) => Promise<Stack>;

const STARTS = {
  fast: (options) => bootStack(options, 'fast'),
  plain: (options) => bootStack(options, 'plain'),
  docker: (options) => startDockerStack(options),
} satisfies Readonly<Record<string, Start>>;

async function readyMs(how: keyof typeof STARTS): Promise<number> {
  const nodes: string[] = [];
  const began = performance.now();
  const onState = (node: Node, tookMs = 0) => {
    if (node.state === 'running') nodes.push(`${node.name} ${seconds(tookMs)}`);
  };
  await using _stack = await STARTS[how]({ onState });
  const tookMs = performance.now() - began;
  process.stdout.write(`  ${how.padEnd(6)} ready in ${seconds(tookMs)} s   (${nodes.join(', ')})\n`);
  return tookMs;
}

/** Whether there is an engine, with its images: they are made once and are no part of a start. */
async function hasDocker(): Promise<boolean> {
  try {
    await ensureImages(await openEngine(), ['kafka', 'postgres']);
    return true;
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    process.stdout.write(`docker: left out\n${explain(error)}\n`);
    return false;
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}

/** From the command to its return: a process of its own, the stack, a pipeline, and every sink equal to the source. */
async function labMs(): Promise<number> {
  await using lab = await openBenchLab();
  const began = performance.now();
  await lab.driftlab('up');
  const tookMs = performance.now() - began;
  process.stdout.write(`  driftlab up returns after ${seconds(tookMs)} s\n`);
  return tookMs;
}

sweep();
process.stdout.write('fast:  side by side; class-data-sharing archives, copied storage, serial GC, small heap\n');
process.stdout.write("plain: one after another; Kafka's own JVM flags, storage formatted and initdb each time\n");
process.stdout.write('docker: side by side, in containers; images are there\n');
process.stdout.write('all find plugins by service loader: without it, plain would take some 16 s more\n');
const fast: number[] = [];
const plain: number[] = [];
const lab: number[] = [];
const docker: number[] = [];
const withDocker = await hasDocker();
for (let run = 0; run < runs; run++) {
  // Turn about, so that neither always finds the file cache as the other left it.
  for (const boot of run % 2 === 0 ? (['fast', 'plain'] as const) : (['plain', 'fast'] as const))
    (boot === 'fast' ? fast : plain).push(await readyMs(boot));
  if (withDocker) docker.push(await readyMs('docker'));
  lab.push(await labMs());
}
const [ofFast, ofPlain, ofLab, ofDocker] = [fast, plain, lab, docker].map((values) => median(values) ?? Number.NaN) as [
  number,
  number,
  number,
  number,
];
const ratio = ofFast / ofPlain;
process.stdout.write(
  `median of ${runs}: fast ${seconds(ofFast)} s, plain ${seconds(ofPlain)} s, ` +
    `ratio ${ratio.toFixed(2)} (target: at most ${TARGET})\n` +
    `driftlab up ${seconds(ofLab)} s, ${(ofLab / ofFast).toFixed(2)} × the stack alone\n` +
    (withDocker ? `docker ${seconds(ofDocker)} s, ${(ofDocker / ofFast).toFixed(2)} × processes\n` : ''),
);
process.exitCode = ratio <= TARGET ? 0 : 1;
