import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type LabHome, labHome, readToken } from '#lab/home.ts';
import { ROOT } from '#setup/layout.mjs';
import { freePorts } from '#std/free-port.ts';

interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** A live lab with a folder and a port of its own, as its user has it: by commands and over HTTP. */
export interface OwnLab extends AsyncDisposable {
  readonly home: LabHome;
  readonly port: number;
  readonly env: Readonly<Record<'DRIFTLAB_PORT' | 'DRIFTLAB_HOME', string>>;
  /** Runs a command of `driftlab` in a process of its own. */
  readonly driftlab: (...args: readonly string[]) => Promise<Ran>;
  readonly ask: (
    method: string,
    path: string,
    headers?: Readonly<Record<string, string>>,
    body?: unknown,
  ) => Promise<Answer>;
  readonly get: <T>(path: string) => Promise<T>;
  /** The header of somebody who may read the lab's token. */
  readonly owner: () => Record<string, string>;
}

const COMMAND_LIMIT_MS = 300_000;

/** Starts nothing yet; disposing ends and removes whatever was started. */
export async function openOwnLab(): Promise<OwnLab> {
  const [port] = await freePorts(1);
  const folder = mkdtempSync(join(tmpdir(), 'driftlab-lab-'));
  const env = { DRIFTLAB_PORT: String(port), DRIFTLAB_HOME: join(folder, 'live') };
  const home = labHome(env);

  const driftlab: OwnLab['driftlab'] = async (...args) => {
    try {
      const { stdout, stderr } = await promisify(execFile)(
        process.execPath,
        [join(ROOT, 'bin', 'driftlab.mjs'), ...args],
        { env: { ...process.env, ...env, NO_COLOR: '1' }, timeout: COMMAND_LIMIT_MS },
      );
      return { status: 0, out: stdout, err: stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { status: code, out: stdout, err: stderr };
    }
  };
  const ask: OwnLab['ask'] = (method, path, headers = {}, body = undefined) =>
    new Promise((resolve, reject) => {
      const json = body === undefined ? {} : { 'content-type': 'application/json' };
      const sent = request({ host: '127.0.0.1', port, method, path, headers: { ...json, ...headers } }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        answer.on('end', () => {
          resolve({ status: answer.statusCode ?? 0, type: answer.headers['content-type'] ?? '', text });
        });
      });
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  return {
    ...{ home, port, env, driftlab, ask },
    get: async <T>(path: string) => JSON.parse((await ask('GET', path)).text) as T,
    owner: () => ({ authorization: `Bearer ${readToken(home)}` }),
    async [Symbol.asyncDispose]() {
      await driftlab('clean');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
