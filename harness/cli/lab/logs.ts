import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type LabHome, labHome } from '#lab/home.ts';
import { OperatorError } from '#std/errors.ts';
import { logTail } from '#std/log-tail.ts';
import { helpOf, parseArguments, unknownName } from '../arguments.ts';
import type { Host } from '../host.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { logsUsage } from './options.ts';

const LINES = 20;
const LOOK_MS = 300;
/** The daemon's own log among those of the nodes. */
const DAEMON = 'daemon';

/** `driftlab logs`: the end of the daemon's and the nodes' logs, also of a lab that has ended. */
export async function logsCommand(args: readonly string[], host: Host): Promise<number> {
  const { operands, options } = parseArguments(logsUsage, args);
  if (options.help) {
    host.stdout.write(`${helpOf(logsUsage)}\n`);
    return 0;
  }
  const files = logFiles(labHome(host.env));
  if (files.size === 0)
    throw new OperatorError({
      code: 'no-logs',
      message: 'there are no logs: no lab was started here',
      hint: 'npx driftlab up',
    });
  const [name] = operands;
  if (name !== undefined && !files.has(name)) throw unknownName('log', name, [...files.keys()]);
  const chosen = [...files].filter(([one]) => name === undefined || one === name);
  const lines = options.lines ?? (name === undefined ? LINES / 2 : LINES);
  for (const [one, file] of chosen) {
    if (chosen.length > 1) host.stdout.write(`== ${one}: ${file}\n`);
    host.stdout.write(`${logTail(file, lines)}\n`);
  }
  if (options.follow) await followAll(host, chosen);
  return 0;
}

function logFiles(home: LabHome): Map<string, string> {
  const files = new Map<string, string>();
  if (existsSync(home.log)) files.set(DAEMON, home.log);
  if (existsSync(home.logs))
    for (const file of readdirSync(home.logs).sort()) files.set(file.replace(/\.log$/, ''), join(home.logs, file));
  return files;
}

/** Writes what comes, until it is interrupted. */
async function followAll(host: Host, files: readonly (readonly [string, string])[]): Promise<void> {
  using interrupt = listenForInterrupt({ process: host.process, exit: host.exit, onFirst: () => {} });
  const read = new Map(files.map(([, file]) => [file, statSync(file).size]));
  while (!interrupt.signal.aborted) {
    for (const [name, file] of files) {
      const from = read.get(file) ?? 0;
      const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
      if (size === from) continue;
      // A lab that was started anew has emptied it.
      const text = readFileSync(file)
        .subarray(size < from ? 0 : from)
        .toString('utf8');
      read.set(file, size);
      host.stdout.write(files.length === 1 ? text : text.replace(/^(?=.)/gm, `${name}: `));
    }
    await delay(LOOK_MS, undefined, { signal: interrupt.signal }).catch(() => {});
  }
}
