import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { sinkUrl, sourceUrl } from '#lab/tools/database-url.ts';
import { openSqlSession, sqlPrompt } from '#lab/tools/sql-prompt.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { helpOf, parseArguments, unknownName } from '../arguments.ts';
import type { Host } from '../host.ts';
import { labAddresses } from './kafka.ts';
import { shellUsage } from './options.ts';

/** `driftlab source-shell` and `driftlab sink-shell`. */
export async function shellCommand(side: 'source' | 'sink', args: readonly string[], host: Host): Promise<number> {
  const usage = shellUsage(`${side}-shell`, `SQL on the lab's ${side} database`);
  // As psql has it.
  const { options } = parseArguments(
    usage,
    args.map((arg) => (arg === '-c' ? '--command' : arg)),
  );
  if (options.help) {
    host.stdout.write(`${helpOf(usage)}\n`);
    return 0;
  }
  const addresses = labAddresses(host);
  const variants = Object.keys(addresses.sinkDatabases);
  const variant = options.variant ?? variants[0] ?? '';
  const url = side === 'source' ? sourceUrl(addresses) : sinkUrl(addresses, variant);
  if (url === undefined) throw unknownName('variant', variant, variants);
  const name = side === 'source' ? 'source' : variant;
  if (side === 'sink' && options.variant === undefined && process.stdin.isTTY)
    host.stdout.write(
      `the sink of ${variant}; VARIANT=${variants.filter((one) => one !== variant).join('|')} opens another\n`,
    );
  const { engine } = addresses[side];
  if (!options.builtin && engine === 'postgres' && isInstalled('psql', host.env)) return psql(url, options.command);
  if (options.command !== undefined) return runOnce(url, options.command, host);
  const interactive = process.stdin.isTTY && process.stdout.isTTY;
  return sqlPrompt({ url, name, input: process.stdin, output: process.stdout, interactive });
}

async function runOnce(url: string, text: string, host: Host): Promise<number> {
  await using session = openSqlSession(url);
  try {
    for (const line of await session.ask(text)) host.stdout.write(`${line}\n`);
    return 0;
  } catch (cause) {
    throw new OperatorError({ code: 'sql-refused', message: messageOf(cause), found: text, cause, exit: 1 });
  }
}

function isInstalled(program: string, env: NodeJS.ProcessEnv): boolean {
  return (env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}

/** The password goes by the environment: a command line is there for everyone on the machine to read. */
function psql(url: string, command: string | undefined): Promise<number> {
  const { hostname, port, username, password, pathname } = new URL(url);
  const child = spawn('psql', command === undefined ? [] : ['-c', command], {
    stdio: 'inherit',
    env: {
      ...process.env,
      PGHOST: hostname,
      PGPORT: port,
      PGUSER: decodeURIComponent(username),
      PGPASSWORD: decodeURIComponent(password),
      PGDATABASE: decodeURIComponent(pathname.slice(1)),
    },
  });
  // Ctrl-C is psql's: it cancels a query there.
  const ignore = (): void => {};
  process.on('SIGINT', ignore);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status) => {
      process.off('SIGINT', ignore);
      resolve(status ?? 1);
    });
  });
}
