// Docker's engine, for who wants the lab's servers in containers: found where docker's own command would find it, and never
// started. Node 20, no dependency.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from './problem.mjs';

/** A variable in which somebody names an engine. */
export const ENGINE_VARIABLE = 'DOCKER_HOST';

/** What Kafka, two Connect workers and two databases need, in MB. */
export const ENGINE_MEMORY_MB = 3000;

const ANSWER_MS = 5000;

/**
 * An engine that answers: its address, its version, and the memory of the machine that its containers share, in MB.
 * @typedef {{ host: string, version: string, memoryMb: number }} DockerEngine
 */

/**
 * Why there is none: `none` where nothing listens, `permission` where this user may not ask, `remote` for one on another
 * machine, `silent` where something listens that does not answer as an engine.
 * @typedef {{ why: 'none' | 'permission' | 'remote' | 'silent', found: string }} NoEngine
 */

/**
 * The addresses at which an engine is looked for, in their order: the one that is named, by the variable or by docker's current
 * context; otherwise the sockets that engines make.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {readonly string[]}
 */
export function engineAddresses(env = process.env) {
  const named = env[ENGINE_VARIABLE] || contextHost(env);
  if (named) return [named];
  const home = env.HOME || homedir();
  return [
    '/var/run/docker.sock',
    ...(env.XDG_RUNTIME_DIR ? [join(env.XDG_RUNTIME_DIR, 'docker.sock')] : []),
    join(home, '.docker', 'run', 'docker.sock'),
    join(home, '.docker', 'desktop', 'docker.sock'),
  ].map((path) => `unix://${path}`);
}

/**
 * The address in docker's current context, where one was chosen.
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined}
 */
function contextHost(env) {
  try {
    const folder = env.DOCKER_CONFIG || join(env.HOME || homedir(), '.docker');
    const name = env.DOCKER_CONTEXT || JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')).currentContext;
    if (!name || name === 'default') return undefined;
    const id = createHash('sha256').update(name).digest('hex');
    const meta = JSON.parse(readFileSync(join(folder, 'contexts', 'meta', id, 'meta.json'), 'utf8'));
    return meta.Endpoints.docker.Host;
  } catch {
    return undefined; // No configuration, or none that docker itself could read.
  }
}

/**
 * Asks for an engine at each address. Never throws.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<DockerEngine | NoEngine>}
 */
export async function lookForEngine(env = process.env) {
  /** @type {NoEngine | undefined} */
  let first;
  for (const host of engineAddresses(env)) {
    const answer = await askEngine(host);
    if (!('why' in answer)) return answer;
    // A socket that may not be used says more than the next one that is not there.
    if (first === undefined || (first.why === 'none' && answer.why !== 'none')) first = answer;
  }
  return first ?? { why: 'none', found: 'no address to ask' };
}

/**
 * @param {string} host
 * @returns {Promise<DockerEngine | NoEngine>}
 */
async function askEngine(host) {
  if (connectionTo(host) === undefined) return { why: 'remote', found: host };
  try {
    const { status, body } = await askDocker(host, { method: 'GET', path: '/info' });
    if (status !== 200) return { why: 'silent', found: `${host}: HTTP ${status}` };
    const { ServerVersion: version, MemTotal: memory } = JSON.parse(body);
    return { host, version, memoryMb: Math.floor(memory / 1e6) };
  } catch (error) {
    return whyNot(host, error);
  }
}

/**
 * What it means that an engine could not be asked.
 * @param {string} host
 * @param {unknown} error
 * @returns {NoEngine}
 */
export function whyNot(host, error) {
  const { code } = /** @type {NodeJS.ErrnoException} */ (error);
  if (code === 'EACCES' || code === 'EPERM') return { why: 'permission', found: `${host}: permission denied` };
  const path = host.replace(/^unix:\/\//, '');
  if (code === 'ENOENT' || (code === 'ECONNREFUSED' && !existsSync(path)))
    return { why: 'none', found: `${host}: no such socket` };
  if (code === 'ECONNREFUSED') return { why: 'none', found: `${host}: nobody listens` };
  return { why: 'silent', found: `${host}: ${messageOf(error)}` };
}

/**
 * How to connect to an engine of this machine; undefined for any other. Published ports are those of 127.0.0.1.
 * @param {string} host
 * @returns {{ socketPath: string } | { host: string, port: number } | undefined}
 */
function connectionTo(host) {
  if (host.startsWith('unix://')) return { socketPath: host.slice('unix://'.length) };
  const local = /^(?:tcp|http):\/\/(localhost|127\.0\.0\.1|\[::1\]):(\d+)\/?$/.exec(host);
  return local === null ? undefined : { host: (local[1] ?? '').replace(/[[\]]/g, ''), port: Number(local[2]) };
}

/**
 * One request to the engine's API. Throws what the system says where nobody answers.
 * @param {string} host
 * @param {{ method: 'GET' | 'DELETE' | 'POST', path: string, limitMs?: number }} what
 * @returns {Promise<{ status: number, body: string }>}
 */
export function askDocker(host, { method, path, limitMs = ANSWER_MS }) {
  return new Promise((resolve, reject) => {
    const asked = request({ ...connectionTo(host), method, path, timeout: limitMs }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (/** @type {string} */ text) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${limitMs / 1000} s`)));
    asked.on('error', reject);
    asked.end();
  });
}

/**
 * What a person can do about it.
 * @param {NoEngine['why']} why
 */
export function engineAdvice(why) {
  switch (why) {
    case 'none':
      return `start Docker, or name its socket in ${ENGINE_VARIABLE} (unix:///path/docker.sock)`;
    case 'permission':
      return 'add this user to the group that owns the socket (sudo usermod -aG docker "$USER", then log in again)';
    case 'remote':
      return `name an engine of this machine in ${ENGINE_VARIABLE}: the lab uses ports of 127.0.0.1`;
    case 'silent':
      return 'see whether docker info answers; start Docker again if it does not';
  }
}
