#!/usr/bin/env node
// The way in, on the host's own Node.js (20 or newer) and without any dependency: sees that everything is there, then
// hands over to the program, which runs on the Node.js of node_modules.
import './setup/first.mjs';
import { spawn } from 'node:child_process';
import { doctor } from './setup/doctor.mjs';
import { ensure } from './setup/ensure.mjs';
import { programFile } from './setup/layout.mjs';
import { nodeOptions } from './setup/node-options.mjs';
import { adviceFor, swallowedFlags, takesValue } from './setup/npm-flags.mjs';
import { asProblem, explainProblem, SetupProblem } from './setup/problem.mjs';
import { handSignalsTo, INTERRUPTED, interrupted, SIGNALS } from './setup/program.mjs';

const WRONG_USAGE = 2;
const COULD_NOT = 3;

/** Commands that start no server but one of PostgreSQL; all others need Java and what runs on it. */
const WITHOUT_STACK = new Set([
  'help',
  '--help',
  '-h',
  'version',
  '--version',
  'report',
  'recheck',
  'reconcile',
  'pipeline',
  'init',
]);
/** Commands on a live lab: its servers run already, or it is not there. */
const ON_LAB = /^(trigger-.*|(source|sink)-shell|kafka-.*|down|clean|watch|status|logs|lag|connector-status)$/;

/** @param {readonly string[]} args */
async function main(args) {
  const flags = swallowedFlags(process.env).filter((flag) => !args.includes(`--${flag}`));
  const lost = flags.filter(takesValue);
  if (lost.length > 0) {
    const script = process.env.npm_lifecycle_event ?? 'driftlab';
    const words = args
      .slice(script === 'driftlab' ? 0 : args[0] === 'dev' ? 2 : 1)
      .filter((word) => !/^\d+$/.test(word));
    throw new SetupProblem({
      message: `npm kept ${lost.map((flag) => `--${flag}`).join(' and ')} for itself`,
      expected: 'options after a --',
      found: 'options before it, or none',
      fix: adviceFor(script, words, flags),
    });
  }
  const all = [...args, ...flags.map((flag) => `--${flag}`)];
  const [command = 'help'] = all;
  if (command === 'doctor') {
    const status = await doctor(all.slice(1));
    await heardSignals();
    return status;
  }
  const stack =
    !WITHOUT_STACK.has(command) &&
    !ON_LAB.test(command) &&
    !(command === 'dev' && ['check', 'build', 'checksums', 'causes'].includes(all[1] ?? '')) &&
    !all.includes('--list');
  const parts = command === 'setup' ? optionalParts(all.slice(1)) : [];
  const wants = Object.fromEntries(parts.map((part) => [part, true]));
  const node = await ensure({ stack, ...wants });
  await heardSignals();
  return command === 'setup' ? 0 : hand(node, all);
}

/**
 * What setup makes ready only for who names it: the server of MariaDB, a schema registry, an object store, Apache Iceberg's
 * sink, the images of the Docker runtime.
 */
const OPTIONAL_PARTS = ['mariadb', 'registry', 's3', 'iceberg', 'docker'];

/**
 * `setup mariadb registry s3 iceberg docker`: these as well, which others need not have.
 * @param {readonly string[]} words
 */
function optionalParts(words) {
  const wrong = words.find((word) => !OPTIONAL_PARTS.includes(word));
  if (wrong === undefined) return words;
  throw new SetupProblem({
    message: `setup does not know ${JSON.stringify(wrong)}`,
    expected: `npx driftlab setup, or with ${OPTIONAL_PARTS.join(' or ')} behind it`,
    found: wrong,
    fix: 'leave it out',
  });
}

/** Throws where a signal came while files were read and written, which nothing interrupts. */
async function heardSignals() {
  // Twice: the first may come in the turn in which the signal came, which hears of it in the next.
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
  interrupted.throwIfAborted();
}

/**
 * Runs the program and ends as it ends.
 * @param {string} node
 * @param {readonly string[]} args
 * @returns {Promise<number>}
 */
function hand(node, args) {
  const [command = '', ...rest] = args;
  // A command line is there for everyone on the machine to read, an environment is not.
  const secret = command === 'reconcile' || command === 'pipeline';
  const child = spawn(
    node,
    [...nodeOptions(command), programFile('harness/cli/main'), ...(secret ? [command] : args)],
    {
      // The fourth is a channel on which nothing is sent: when it closes, the program knows that this process is gone.
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, DRIFTLAB_LAUNCHED: '1', ...(secret ? { DRIFTLAB_ARGUMENTS: JSON.stringify(rest) } : {}) },
    },
  );
  handSignalsTo((signal) => {
    // A terminal's Ctrl-C goes to both of us already. Either way the program ends first, and then we do.
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    child.kill(signal);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status, signal) => {
      // In its first moments, before it listens, a signal ends it at once: nothing was started then.
      resolve(status ?? (SIGNALS.some((one) => one === signal) ? INTERRUPTED : COULD_NOT));
    });
  });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // An interruption comes as whatever it broke off, so it is asked for first.
  if (interrupted.aborted) {
    process.stderr.write('interrupted\n');
    process.exitCode = INTERRUPTED;
  } else {
    const problem = asProblem(error);
    process.stderr.write(`${explainProblem(problem)}\n`);
    process.exitCode = /npm kept/.test(problem.message) ? WRONG_USAGE : COULD_NOT;
  }
}
