// Folders that are made, and files that are written whole or not at all. Node 20, no dependency.
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** As many as Linux follows. */
const LINKS_MAX = 40;

/**
 * Makes a folder and those above it. Node.js's own `recursive` never returns where the system says of a folder that is
 * there that it is not, as Linux does below /proc.
 * @param {string} folder
 * @param {number} [mode] of the folders that are made
 */
export function makeFolder(folder, mode) {
  const path = resolve(folder);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(path) !== path) makeFolder(dirname(path), mode);
  try {
    mkdirSync(path, mode);
  } catch (error) {
    // Somebody was quicker, which is as good; a file of that name is not.
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}

/**
 * Writes a file so that whoever reads it meanwhile sees the old one or the new one, never a part. A symbolic link is
 * followed and stays; a device, a pipe or a socket is written to and stays; a file that is there keeps its mode.
 * @param {string} path
 * @param {string} text
 * @param {{ mode?: number }} [options] `mode`: of the file, also where it was there with another one
 */
export function writeWhole(path, text, options = {}) {
  writeAllWhole([[path, text]], options);
}

/**
 * Writes several files as {@link writeWhole} does one: none of them is replaced before all of them have been written.
 * @param {readonly (readonly [path: string, text: string])[]} files
 * @param {{ mode?: number }} [options]
 */
export function writeAllWhole(files, options = {}) {
  /** @type {{ fresh: string, target: string }[]} */
  const ready = [];
  try {
    for (const [path, text] of files) {
      const target = targetOf(path);
      if (target === undefined) writeThrough(path, text);
      else {
        const fresh = writeBeside(target, text, options.mode);
        if (fresh !== undefined) ready.push({ fresh, target });
      }
    }
    for (const one of ready) renameSync(one.fresh, one.target);
  } finally {
    for (const { fresh } of ready) rmSync(fresh, { force: true });
  }
}

/**
 * The regular file that a path means, there or not. Undefined for what is written to and cannot be replaced: a device, a
 * pipe, what another process has open.
 * @param {string} path
 */
function targetOf(path) {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found !== undefined && !found.isFile()) return undefined;
  let target = resolve(path);
  for (let links = 0; lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink(); links++) {
    // Such as /dev/stdout, where that is a file.
    if (/^\/(proc|dev)\//.test(target)) return undefined;
    if (links === LINKS_MAX) throw new Error(`ELOOP: too many symbolic links, open '${path}'`);
    target = resolve(dirname(target), readlinkSync(target));
  }
  return target;
}

/**
 * @param {string} path
 * @param {string} text
 */
function writeThrough(path, text) {
  // A pipe that nobody reads is an error at once rather than a wait that nothing ends. The reader of one that is read
  // would take it for the end if the pipe were closed in between.
  const probe = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  try {
    writeFileSync(path, text);
  } finally {
    closeSync(probe);
  }
}

/**
 * Writes a new file beside the one it will replace, and returns its path. Undefined where only the old one may be
 * written, and has been.
 * @param {string} target
 * @param {string} text
 * @param {number | undefined} mode
 */
function writeBeside(target, text, mode) {
  const before = statSync(target, { throwIfNoEntry: false });
  // Not with the target's name in it, which may be as long as a name can be.
  const fresh = join(dirname(target), `.driftlab-${process.pid}-${randomBytes(4).toString('hex')}.part`);
  try {
    writeFileSync(fresh, text, { flag: 'wx', mode: mode ?? 0o666 });
    if (mode !== undefined || before !== undefined) chmodSync(fresh, mode ?? (before?.mode ?? 0) & 0o7777);
    if (before !== undefined && process.getuid?.() === 0) chownSync(fresh, before.uid, before.gid);
    return fresh;
  } catch (error) {
    rmSync(fresh, { force: true });
    const { code, syscall, message } = /** @type {NodeJS.ErrnoException} */ (error);
    if (before !== undefined && (code === 'EACCES' || code === 'EPERM')) {
      writeFileSync(target, text);
      return undefined;
    }
    throw Object.assign(new Error(message.replace(fresh, target), { cause: error }), { code, syscall, path: target });
  }
}
