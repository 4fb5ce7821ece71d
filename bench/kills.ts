// Kills at random moments: of runs (the command itself, by SIGINT, SIGTERM, SIGKILL), of their nodes, of the live lab's daemon
// and nodes, and of set-up. After each: the exit status, one error and no stack, reports kept, and nothing left behind once
// the next command has run: no process, no folder of a lab. `npm run bench kills [--count 12] [--seed 1]`
// What is killed is chosen by the seed, and so is the moment: between nothing and the time that the whole takes.
import { random } from '#std/random.ts';
import { killLab, killNode, killRun, killSetup, runMs } from './kills/kinds.ts';
import type { Killed } from './kills/victim.ts';

const { count, seed } = numbers(process.argv.slice(2));
const rng = random(seed);
const KINDS = { run: 6, node: 8, lab: 2, 'lab-node': 2, 'set-up': 2 } as const;
type Kind = keyof typeof KINDS;

function numbers(args: readonly string[]): { count: number; seed: number } {
  const found: Record<string, number> = { count: 12, seed: 1 };
  for (let index = 0; index < args.length; index += 2) {
    const name = args[index]?.replace(/^--/, '') ?? '';
    const value = Number(args[index + 1]);
    if (!Object.hasOwn(found, name) || !Number.isInteger(value) || value < 0) {
      process.stderr.write(`error: expected --count N and --seed N, not ${args.slice(index, index + 2).join(' ')}\n`);
      process.exit(2);
    }
    found[name] = value;
  }
  return { count: found.count ?? 12, seed: found.seed ?? 1 };
}

/** Each kind as often as it weighs. */
const kinds = Object.entries(KINDS).flatMap(([kind, weight]) => Array.from({ length: weight }, () => kind as Kind));

function kill(kind: Kind): Promise<Killed> {
  switch (kind) {
    case 'run':
      return killRun(rng, lengthMs);
    case 'node':
      return killNode(rng, lengthMs);
    case 'lab':
      return killLab(rng, 'daemon', lengthMs);
    case 'lab-node':
      return killLab(rng, 'node', lengthMs);
    case 'set-up':
      return killSetup(rng);
  }
}

const lengthMs = Math.round(await runMs());
process.stdout.write(`${count} kills, seed ${seed}; a run that nobody kills takes ${Math.round(lengthMs / 1000)} s\n`);
const totals = new Map<string, { ran: number; wrong: number }>();
for (let number = 1; number <= count; number++) {
  const kind = rng.pick(kinds);
  const began = performance.now();
  const { what, wrong } = await kill(kind);
  const total = totals.get(kind) ?? { ran: 0, wrong: 0 };
  totals.set(kind, { ran: total.ran + 1, wrong: total.wrong + (wrong.length === 0 ? 0 : 1) });
  const took = ((performance.now() - began) / 1000).toFixed(0);
  process.stdout.write(
    `${String(number).padStart(4)}  ${wrong.length === 0 ? 'ok   ' : 'WRONG'}  ${what} (${took} s)\n`,
  );
  for (const one of wrong) process.stdout.write(`        ${one.replaceAll('\n', '\n        ')}\n`);
}
process.stdout.write(`\nseed ${seed}\n`);
for (const [kind, { ran, wrong }] of totals) process.stdout.write(`  ${kind.padEnd(9)} ${ran} kills, ${wrong} wrong\n`);
process.exitCode = [...totals.values()].some(({ wrong }) => wrong > 0) ? 1 : 0;
