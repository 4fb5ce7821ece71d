import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cacheRoot } from '#setup/layout.mjs';
import { markFolder, markOf, removeFolder } from '#setup/own-folder.mjs';
import { reachableByAll, unprivilegedUser } from '#setup/unprivileged.mjs';
import { makeFolder } from '#setup/whole-file.mjs';
import { OperatorError } from '#std/errors.ts';

/** The user that servers run as which refuse to run as root. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

/** An initialised data folder to copy, readable for the user that its server runs as, as the server's programs are. */
export interface ServerHome {
  readonly template: string;
  readonly user: string;
  readonly password: string;
  /** The user to run as; absent where this process need not give up its own. */
  readonly runAs?: RunAs;
  /** Where data folders can lie so that the user reaches them; absent where any place will do. */
  readonly dataRoot?: string;
}

/** Where homes are made, and for whom. */
export function homePlace(): { readonly place: string; readonly runAs?: RunAs; readonly dataRoot: string } {
  const runAs = unprivilegedUser();
  if (runAs === undefined) return { place: cacheRoot(), dataRoot: tmpdir() };
  return { place: reachableCache(), runAs, dataRoot: tmpdir() };
}

/** The user's cache, or where another user cannot get there (root's home is closed to all), one for the whole system. */
function reachableCache(): string {
  for (const place of [cacheRoot(), '/var/cache/driftlab', join(tmpdir(), 'driftlab-cache')]) {
    try {
      makeFolder(place);
      const { uid, mode } = statSync(place);
      // What another user could change must not be run for root.
      if (reachableByAll(place) && uid === 0 && (mode & 0o022) === 0) return place;
    } catch {
      // Not to be had here; the next one.
    }
  }
  throw new OperatorError({
    code: 'no-reachable-folder',
    message: 'the databases must run as an unprivileged user, and there is no folder that this user can read',
    expected: 'a cache folder whose parents are open to all (mode o+x)',
    found: `${cacheRoot()}, /var/cache/driftlab and ${tmpdir()} are closed`,
    hint: 'set DRIFTLAB_CACHE to a folder that all users may read',
    exit: 3,
  });
}

/**
 * Makes a home where there is none that is whole: `fill` puts the programs and the template into a folder beside it. A whole
 * one has `file` in its template.
 */
export async function makeHome(home: string, file: string, fill: (fresh: string) => Promise<void>): Promise<void> {
  const isWhole = (): boolean =>
    ['complete', 'password', join('template', file)].every((part) => existsSync(join(home, part)));
  if (isWhole()) return;
  const fresh = `${home}.${process.pid}.${randomBytes(3).toString('hex')}`;
  mkdirSync(fresh, { recursive: true, mode: 0o755 });
  try {
    chmodSync(fresh, 0o755);
    await fill(fresh);
    writeFileSync(join(fresh, 'complete'), '');
    markFolder(fresh, { kind: 'cache' });
    if (existsSync(home) && !isWhole()) removeDamaged(home);
    renameSync(fresh, home);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    // Another process may have been quicker; its result is as good.
    if (!isWhole()) throw error;
  }
}

function removeDamaged(home: string): void {
  if (markOf(home) !== undefined) removeFolder(home);
  else
    throw new OperatorError({
      code: 'cache-damaged',
      message: `${home} is damaged, or not Driftlab's`,
      expected: "a database's programs and an initialised data folder, as the set-up left them",
      found: 'a folder that lacks a part of them, and is not marked as Driftlab’s',
      hint: 'remove it if it is not yours, or set DRIFTLAB_CACHE to another folder; then run this again',
      exit: 3,
    });
}

/** An empty folder for a template, and a password, which is written down beside it; both belong to whom the server runs as. */
export function emptyTemplate(
  fresh: string,
  runAs: RunAs | undefined,
): { readonly template: string; readonly password: string; readonly passwordFile: string } {
  const password = randomBytes(16).toString('hex');
  const passwordFile = join(fresh, 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  const template = join(fresh, 'template');
  mkdirSync(template, { mode: 0o700 });
  if (runAs !== undefined) for (const path of [template, passwordFile]) chownSync(path, runAs.uid, runAs.gid);
  return { template, password, passwordFile };
}

/** A new data folder: a copy of the template, owned by whom the server runs as. Its parent must let that user write. */
export async function copyTemplate(home: ServerHome, data: string): Promise<void> {
  // `cp` because it is done by the user itself, so that nothing has to be given away file by file.
  await runToEnd('cp', ['-Rp', home.template, data], dirname(data), home.runAs);
}

/** Runs a program to its end; throws an OperatorError with its last words where its status is not 0. */
export async function runToEnd(
  file: string,
  args: readonly string[],
  cwd: string,
  runAs: RunAs | undefined,
  input = '',
): Promise<void> {
  const child = spawn(file, args, { cwd, stdio: ['pipe', 'pipe', 'pipe'], ...(runAs ?? {}) });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  // One that ends before it has read all says why.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  if (code !== 0)
    throw new OperatorError({
      code: 'database-set-up-failed',
      message: `${file} ended with status ${code}`,
      found: output.trim().split('\n').slice(-10).join('\n'),
      hint: 'is there room on the disk? npx driftlab doctor shows it',
      exit: 3,
    });
}
