// PostgreSQL refuses to run as root. Node 20, no dependency.
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * The user that PostgreSQL runs as when this process is root: `postgres` (macOS: `_postgres`) if there is one,
 * else `nobody`. Undefined where
 * this process is not root.
 * @param {{ uid?: number | undefined, passwd?: string }} [system]
 * @returns {{ uid: number, gid: number } | undefined}
 */
export function unprivilegedUser(system = {}) {
  const uid = 'uid' in system ? system.uid : process.getuid?.();
  if (uid !== 0) return undefined;
  const users = parsePasswd(system.passwd ?? readPasswd());
  return users.get('postgres') ?? users.get('_postgres') ?? users.get('nobody') ?? { uid: 65534, gid: 65534 };
}

/**
 * @param {string} text the text of /etc/passwd
 * @returns {Map<string, { uid: number, gid: number }>}
 */
export function parsePasswd(text) {
  const users = new Map();
  for (const line of text.split('\n')) {
    const [name, , uid, gid] = line.split(':');
    // macOS writes nobody's ids as -2; a root by another name would be refused as well.
    if (!name || !uid || !gid || !(Number(uid) > 0)) continue;
    users.set(name, { uid: Number(uid), gid: Number(gid) });
  }
  return users;
}

function readPasswd() {
  try {
    return readFileSync('/etc/passwd', 'utf8');
  } catch {
    return '';
  }
}

/**
 * Whether a user who owns nothing here gets into the folder: it and all above it let others pass.
 * @param {string} folder
 */
export function reachableByAll(folder) {
  for (let path = folder; ; path = dirname(path)) {
    if ((statSync(path).mode & 0o001) === 0) return false;
    if (path === dirname(path)) return true;
  }
}
