// Class-data-sharing archives: which ones belong to this Java, and are they there. Node 20, no dependency.
import { createHash } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { jvmFolder } from './layout.mjs';

/** The JVMs that have an archive. Both Connect workers share one. */
export const ARCHIVES = /** @type {const} */ (['broker', 'connect']);

/**
 * The archive of a JVM. It can only be used by the very Java that wrote it, with the very class path; so both are in its
 * path.
 * @param {typeof ARCHIVES[number]} name
 * @param {Pick<import('./java.mjs').Java, 'command' | 'version'>} java
 */
export function archiveFile(name, java) {
  return join(jvmFolder(), 'cds', javaName(java), `${name}.jsa`);
}

/**
 * Names a Java as no other is named.
 * @param {Pick<import('./java.mjs').Java, 'command' | 'version'>} java
 */
export function javaName(java) {
  const key = createHash('sha256')
    .update(`${realpathSync(java.command)} ${java.version}`)
    .digest('hex')
    .slice(0, 8);
  return `java-${java.version}-${key}`;
}

/**
 * What is missing: undefined where all archives are there.
 * @param {Pick<import('./java.mjs').Java, 'command' | 'version'>} java
 */
export function archivesMissing(java) {
  const left = ARCHIVES.filter((name) => !existsSync(archiveFile(name, java)));
  return left.length === 0 ? undefined : `no archive for ${left.join(' and ')}`;
}
