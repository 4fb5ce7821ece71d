// Would the unit tests notice? Changes the pure rooms in one small place after the other (StrykerJS makes the mutants) and
// runs the unit tests beside them each time; exit status 1 where they notice too few.
// npm run bench mutants -- [--only sql,judge-key] [--sample 100 --seed 1] [--workers 2]
import { helpOf, parseArguments, type Usage } from '#cli/arguments.ts';
import { COMMON, integer, names } from '#cli/options.ts';
import { OperatorError } from '#std/errors.ts';
import { type Random, random } from '#std/random.ts';
import { print, runProgram } from './common/program.ts';
import { EQUIVALENT, type Equivalent } from './mutants/equivalent.ts';
import { type Fate, type Hunted, hunt } from './mutants/hunt.ts';
import { instrument, type Mutant } from './mutants/instrument.ts';
import { ROOMS, type Room } from './mutants/rooms.ts';

/** Percent of the mutants, without those that are known to change nothing. */
const CAUGHT_MIN = 95;

const options = {
  only: names('PARTS', 'rooms, or parts of files’ paths: sql,judge-key', 'all'),
  sample: integer('N', 'mutants of each room, chosen at random', 1, 100_000, 'all'),
  seed: integer('N', 'seed of that choice', 0, Number.MAX_SAFE_INTEGER, '1'),
  workers: integer('N', 'files of tests that are run at once', 1, 64, '1'),
  ...COMMON,
} as const;

const usage: Usage<typeof options> = {
  command: 'dev bench mutants',
  summary:
    'Changes the pure rooms in one small place after the other, and runs their unit tests each time.\n' +
    `Exit status: 0 at least ${CAUGHT_MIN} % noticed in each room, 1 fewer, 2 wrong usage.`,
  operands: [],
  options,
  examples: ['npm run bench mutants', 'npm run bench mutants -- --only judge --sample 100 --seed 7'],
};

async function main(signal: AbortSignal): Promise<number> {
  const { options: asked } = parseArguments(usage, process.argv.slice(2));
  if (asked.help) {
    print(helpOf(usage));
    return 0;
  }
  const { only, sample, seed = 1, workers = 1 } = asked;
  let met = true;
  let tried = 0;
  const began = performance.now();
  for (const room of ROOMS) {
    const matches = (file: string) =>
      only === undefined || only.some((part) => part === room.id || file.includes(part));
    const instrumented = await instrument(room.files, matches);
    const chosen = sample === undefined ? instrumented.mutants : some(instrumented.mutants, sample, random(seed));
    if (chosen.length === 0) continue;
    const progress = (done: number): void => {
      if (process.stderr.isTTY) process.stderr.write(`\r${room.id}: ${done} of ${chosen.length} mutants `);
    };
    const hunted = await hunt({ tests: room.tests, instrumented, chosen, workers, signal, progress });
    if (process.stderr.isTTY) process.stderr.write('\n');
    tried += chosen.length;
    met = report(room, hunted, sample === undefined) && met;
  }
  if (tried === 0) throw new OperatorError({ code: 'nothing-chosen', message: `no file matches ${only?.join(', ')}` });
  print(`${tried} mutants in ${((performance.now() - began) / 1000).toFixed(0)} s`);
  return met ? 0 : 1;
}

function some(mutants: readonly Mutant[], count: number, chance: Random): Mutant[] {
  const left = [...mutants];
  return Array.from({ length: Math.min(count, left.length) }, () => left.splice(chance.below(left.length), 1)).flat();
}

/** Prints a room's figures and survivors; whether enough were noticed. */
function report({ id }: Room, hunted: readonly Hunted[], whole: boolean): boolean {
  const known = new Map<Equivalent, Mutant[]>();
  const missed = hunted.filter(({ mutant, fate }) => {
    if (fate === 'caught' || fate === 'timeout') return false;
    const entry = EQUIVALENT.find((one) => isSame(one, mutant));
    if (entry !== undefined) known.set(entry, [...(known.get(entry) ?? []), mutant]);
    return entry === undefined;
  });
  const count = (fate: Fate) => hunted.filter((one) => one.fate === fate).length;
  const changing = hunted.length - [...known.values()].flat().length;
  const percent = (100 * (changing - missed.length)) / changing;
  for (const { mutant, fate } of missed) print(`  ${fate.padEnd(9)} ${shown(mutant)}`);
  for (const [{ reason }, same] of known)
    for (const mutant of same) print(`  equivalent ${shown(mutant)}\n             ${reason}`);
  const files = new Set(hunted.map(({ mutant }) => mutant.file));
  const stale = EQUIVALENT.filter((entry) => whole && files.has(entry.file) && !known.has(entry));
  for (const { file, original, replacement } of stale)
    print(`  stale     ${file}: ${original} → ${replacement} is no survivor any more: take it off the list`);
  const met = percent >= CAUGHT_MIN && stale.length === 0;
  const figures = `${hunted.length} mutants, ${count('caught')} caught, ${count('timeout')} timed out, ${count('survived')} survived, ${count('uncovered')} not covered, ${hunted.length - changing} of them equivalent`;
  print(`${id.padEnd(10)} ${percent.toFixed(1)} %  ${figures}`);
  print(
    `  ${met ? 'met   ' : 'MISSED'}  ${id}: ${percent.toFixed(1)} % of the mutants caught (at least ${CAUGHT_MIN} %)`,
  );
  return met;
}

function isSame(entry: Equivalent, { file, original, replacement }: Mutant): boolean {
  return entry.file === file && entry.original === original && entry.replacement === replacement;
}

function shown({ file, line, column, mutator, original, replacement }: Mutant): string {
  return `${file}:${line}:${column} ${mutator}: ${original} → ${replacement}`;
}

await runProgram(main);
