// What this machine has and lacks, as a table. Node 20, no dependency; changes nothing.

import { readdirSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { archivesMissing } from './archives.mjs';
import { freeMegabytes } from './disk.mjs';
import { ENGINE_MEMORY_MB, engineAdvice, lookForEngine } from './docker.mjs';
import { findIceberg, icebergAdvice } from './iceberg.mjs';
import { findJava } from './java.mjs';
import { jvmMissing, pinnedVersions } from './jvm.mjs';
import { cacheRoot, INSTALLED, JAVA_MIN, jvmFolder, LAB_NAME, LABS, NODE_MIN, POSTGRES_PACKAGE } from './layout.mjs';
import { findMariadb, mariadbAdvice } from './mariadb.mjs';
import { lookForMysql, MYSQL_MIN, mysqlAdvice } from './mysql.mjs';
import { nodeBinary, npmPackagesMissing, postgresMissing } from './npm-packages.mjs';
import { findObjectStore, objectStoreAdvice } from './objects.mjs';
import { messageOf, SetupProblem } from './problem.mjs';
import { findRegistry, registryAdvice } from './registry.mjs';
import { unprivilegedUser } from './unprivileged.mjs';

/**
 * One line of the table. `state`: `ok`; `todo`, what the next command does by itself; `lacks`, what only a person can
 * mend; `option`, what is not there and only some need.
 * @typedef {{ part: string, state: 'ok' | 'todo' | 'lacks' | 'option', found: string, needed: string, fix: string }} Finding
 */

const SETUP = 'npx driftlab setup (any command does it too)';
const DISK_MB = 1500;
const MEMORY_MB = 3000;

/**
 * @param {{ verify?: boolean }} [options] `verify`: read the JVM parts and compare their checksums
 * @returns {Promise<Finding[]>}
 */
async function examine(options = {}) {
  /** @type {import('./java.mjs').Java | undefined} */
  let java;
  /** @type {readonly [string, () => Finding | Promise<Finding>][]} */
  const parts = [
    ['Node.js', () => nodeFinding(process.versions.node)],
    [
      'Java',
      () => {
        const { found, finding } = javaFinding();
        java = found;
        return finding;
      },
    ],
    ['npm packages', npmFinding],
    ['PostgreSQL', postgresFinding],
    ['Kafka, Debezium', () => jvmFinding(options.verify ?? false)],
    ['fast start', () => archiveFinding(java)],
    ['MariaDB', mariadbFinding],
    ['schema registry', registryFinding],
    ['S3Proxy', objectStoreFinding],
    ['Iceberg', icebergFinding],
    ['MySQL', mysqlFinding],
    ['Docker', dockerFinding],
    ['user', userFinding],
    ['disk', diskFinding],
    ['machine', () => memoryFinding(Math.floor(totalmem() / 1e6), availableParallelism())],
    ['labs', leftoverFinding],
  ];
  /** @type {Finding[]} */
  const findings = [];
  for (const [part, look] of parts) {
    try {
      findings.push(await look());
    } catch (error) {
      // Whatever is wrong with one of them, the table has a line for each.
      findings.push(
        finding(part, 'lacks', {
          found: messageOf(error),
          needed: 'a part that can be examined',
          fix: 'make what it names readable',
        }),
      );
    }
  }
  return findings;
}

/** @param {string} version */
function nodeFinding(version) {
  return finding('Node.js', Number.parseInt(version, 10) >= NODE_MIN ? 'ok' : 'lacks', {
    found: version,
    needed: `${NODE_MIN} or newer`,
    fix: 'install a newer one, e.g. with nvm install 24',
  });
}

/**
 * @param {string} part
 * @param {Finding['state']} state
 * @param {{ found: string, needed: string, fix: string }} rest
 * @returns {Finding}
 */
function finding(part, state, rest) {
  return { part, state, ...rest, fix: state === 'ok' ? '' : rest.fix };
}

/** @returns {{ found?: import('./java.mjs').Java, finding: Finding }} */
function javaFinding() {
  const needed = `${JAVA_MIN} or newer`;
  try {
    const java = findJava();
    return {
      found: java,
      finding: finding('Java', 'ok', { found: `${java.version} (${java.command})`, needed, fix: '' }),
    };
  } catch (error) {
    if (!(error instanceof SetupProblem)) throw error;
    return { finding: finding('Java', 'lacks', { found: error.found, needed, fix: error.fix }) };
  }
}

function npmFinding() {
  const missing = npmPackagesMissing();
  return finding('npm packages', missing === undefined ? 'ok' : INSTALLED ? 'lacks' : 'todo', {
    found: missing ?? (INSTALLED ? 'all that it depends on' : 'as the lock file says'),
    needed: INSTALLED ? 'dependencies' : 'package-lock.json',
    fix: INSTALLED ? 'npm install in your project' : SETUP,
  });
}

function postgresFinding() {
  const missing = postgresMissing();
  return finding('PostgreSQL', missing === undefined ? 'ok' : 'todo', {
    found: missing ?? POSTGRES_PACKAGE,
    needed: POSTGRES_PACKAGE,
    fix: SETUP,
  });
}

/** @param {boolean} hashes */
function jvmFinding(hashes) {
  const { kafka, debezium } = pinnedVersions();
  const missing = jvmMissing({ hashes });
  return finding('Kafka, Debezium', missing === undefined ? 'ok' : 'todo', {
    found: missing ?? `complete${hashes ? ', checksums right' : ''} (${jvmFolder()})`,
    needed: `Kafka ${kafka}, Debezium ${debezium}`,
    fix:
      missing !== undefined && /not what is pinned/.test(missing)
        ? `rm -r ${jvmFolder()} && npx driftlab setup`
        : SETUP,
  });
}

function mariadbFinding() {
  const mariadb = findMariadb();
  return finding('MariaDB', mariadb === undefined ? 'option' : 'ok', {
    found: mariadb === undefined ? 'none' : `${mariadb.version} (${mariadb.server})`,
    needed: `${pinnedVersions().mariadb}, for a source or a sink of MariaDB only`,
    fix: mariadbAdvice(),
  });
}

function registryFinding() {
  const registry = findRegistry();
  return finding('schema registry', registry === undefined ? 'option' : 'ok', {
    found: registry === undefined ? 'none' : `${registry.version} (${registry.app})`,
    needed: `${pinnedVersions().registry}, for records whose schemas are in a registry only`,
    fix: registryAdvice,
  });
}

function objectStoreFinding() {
  const store = findObjectStore();
  return finding('S3Proxy', store === undefined ? 'option' : 'ok', {
    found: store === undefined ? 'none' : `${store.version} (${store.jar})`,
    needed: `${pinnedVersions().s3proxy}, for a lab with an object store of its own only`,
    fix: objectStoreAdvice,
  });
}

function icebergFinding() {
  const iceberg = findIceberg();
  return finding('Iceberg', iceberg === undefined ? 'option' : 'ok', {
    found: iceberg === undefined ? 'none' : `${iceberg.version} (${iceberg.plugin})`,
    needed: `${pinnedVersions().iceberg}, for variants that write Iceberg tables only`,
    fix: icebergAdvice,
  });
}

function mysqlFinding() {
  const { found, passedOver } = lookForMysql();
  const none = passedOver.length === 0 ? 'none' : `none (${passedOver.join('; ')})`;
  return finding('MySQL', found === undefined ? 'option' : 'ok', {
    found: found === undefined ? none : `${found.version} (${found.server})`,
    needed: `${MYSQL_MIN}.0 or newer, for a source or a sink of MySQL only`,
    fix: mysqlAdvice(),
  });
}

async function dockerFinding() {
  const engine = await lookForEngine();
  const needed = `an engine of this machine with ${ENGINE_MEMORY_MB} MB, for --runtime docker only`;
  if ('why' in engine)
    return finding('Docker', 'option', { found: engine.found, needed, fix: engineAdvice(engine.why) });
  const enough = engine.memoryMb >= ENGINE_MEMORY_MB;
  return finding('Docker', enough ? 'ok' : 'option', {
    found: `${engine.version}, ${engine.memoryMb} MB (${engine.host})`,
    needed,
    fix: 'give the engine more memory',
  });
}

/** @param {import('./java.mjs').Java | undefined} java */
function archiveFinding(java) {
  const missing = java === undefined ? 'no Java' : archivesMissing(java);
  return finding('fast start', missing === undefined ? 'ok' : 'todo', {
    found: missing ?? 'class-data-sharing archives',
    needed: 'one each for broker and Connect',
    fix: SETUP,
  });
}

function userFinding() {
  const user = unprivilegedUser();
  const name = process.platform === 'win32' ? 'lacks' : 'ok';
  return finding('user', name, {
    found: user === undefined ? `uid ${process.getuid?.() ?? '?'}` : `root; databases run as uid ${user.uid}`,
    needed: 'any user of Linux or macOS',
    fix: 'use Linux, macOS, or WSL 2',
  });
}

function diskFinding() {
  const needed = `${DISK_MB} MB free`;
  try {
    const free = freeMegabytes(cacheRoot());
    return finding('disk', free >= DISK_MB ? 'ok' : 'lacks', {
      found: `${free} MB free at ${cacheRoot()}`,
      needed,
      fix: 'make room there, or set DRIFTLAB_CACHE to a folder on a larger disk',
    });
  } catch (error) {
    return finding('disk', 'lacks', {
      found: messageOf(error),
      needed,
      fix: 'set DRIFTLAB_CACHE to a folder that you may write',
    });
  }
}

/**
 * @param {number} megabytes
 * @param {number} cores
 */
function memoryFinding(megabytes, cores) {
  return finding('machine', megabytes >= MEMORY_MB ? 'ok' : 'lacks', {
    found: `${cores} ${cores === 1 ? 'core' : 'cores'}, ${megabytes} MB`,
    needed: `${MEMORY_MB} MB; 2 cores or more are better`,
    fix: 'give this machine (or container) more memory',
  });
}

function leftoverFinding() {
  let labs = 0;
  try {
    labs = readdirSync(LABS).filter((name) => LAB_NAME.test(name)).length;
  } catch {
    // No lab has run here yet.
  }
  return finding('labs', 'ok', {
    found: labs === 0 ? 'none' : `${labs} running, or left by a killed run (the next command clears those)`,
    needed: '',
    fix: '',
  });
}

/**
 * The findings as a table of text, a line each.
 * @param {readonly Finding[]} findings
 */
function table(findings) {
  const rows = [
    ['', 'part', 'found', 'needed', 'do'],
    ...findings.map(({ state, part, found, needed, fix }) => [state, part, found, needed, fix]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/**
 * `driftlab doctor [--verify]`: prints the table; 0 where all is fine, 1 otherwise.
 * @param {readonly string[]} args
 * @returns {Promise<number>}
 */
export async function doctor(args) {
  const findings = await examine({ verify: args.includes('--verify') });
  const lacking = findings.filter(({ state }) => state === 'lacks').length;
  const todo = findings.filter(({ state }) => state === 'todo').length;
  process.stdout.write(`driftlab doctor (Node.js of the lab: ${nodeBinary() ?? 'not installed yet'})\n\n`);
  process.stdout.write(`${table(findings)}\n\n`);
  if (lacking + todo === 0) process.stdout.write('All is there.\n');
  else if (lacking === 0) process.stdout.write(`${todo} to set up; the next command does it by itself.\n`);
  else process.stdout.write(`${lacking} lacking: do what the last column says.\n`);
  return lacking + todo === 0 ? 0 : 1;
}
