// A disk that gets full at any moment: of scenario, test, lab and set-up, under the labs' folder, the databases, the reports
// or the cache. Each must end with one error that says where and what is needed, exit 3, what was seen kept, nothing left.
// `npm run bench disk-full -- --moments 20 --seed 7`; needs root, for file systems of its own.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { random } from '#std/random.ts';
import { print, runProgram } from './common/program.ts';
import { openDisks } from './disk-full/disks.ts';
import { COMMANDS, tryMoment } from './disk-full/moment.ts';

const INSIDE = 'DRIFTLAB_DISK_FULL_INSIDE';

/** Runs this program again in a mount namespace of its own; what it mounts is gone with it. */
async function inOwnNamespace(): Promise<number> {
  const can = process.platform === 'linux' && spawnSync('unshare', ['--mount', 'true']).status === 0;
  if (!can) {
    print('skipped: it mounts small file systems, for which it has to be root on Linux');
    return 0;
  }
  const child = spawn('unshare', ['--mount', process.execPath, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: '1' },
  });
  const [status] = await once(child, 'exit');
  return (status as number | null) ?? 3;
}

await runProgram(async (signal) => {
  if (process.env[INSIDE] === undefined) return inOwnNamespace();
  const { values } = parseArgs({
    options: { moments: { type: 'string', default: '20' }, seed: { type: 'string', default: '1' } },
  });
  const seed = Number(values.seed);
  const moments = Number(values.moments);
  print(`${moments} moments, seed ${seed}`);
  let wrong = 0;
  for (let number = 0; number < moments; number++) {
    signal.throwIfAborted();
    using disks = openDisks();
    const command = COMMANDS[number % COMMANDS.length];
    if (command === undefined) throw new Error('no command');
    const faults = await tryMoment(command, disks, random(seed).fork(`moment ${number}`), print);
    if (faults.length > 0) wrong++;
    for (const fault of faults) print(`    wrong: ${fault}`);
  }
  print(`${moments - wrong} of ${moments} as they must be`);
  return wrong === 0 ? 0 : 1;
});
