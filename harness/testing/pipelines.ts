// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { pipelineCommand } from '#cli/pipeline/command.ts';
import { databaseUrl, openDatabase } from '#engines/postgres/client.ts';
import type { Database } from '#model/pipeline.ts';
import { ROOT } from '#setup/layout.mjs';
import { explain, OperatorError } from '#std/errors.ts';
import { until } from '#std/wait.ts';
import { type TestHost, testHost } from './cli-host.ts';
import { startTestPostgres } from './postgres.ts';

interface Ran {
  readonly status: number;
  readonly out: string;
  /** What was written to standard error, and the error that ended the command. */
  readonly err: string;
}

/** A throw-away server with the databases `state`, `source` and `target`, and `driftlab pipeline` on them. */
export interface PipelineBench extends AsyncDisposable {
  readonly env: NodeJS.ProcessEnv;
  readonly state: Database;
  readonly source: Database;
  readonly target: Database;
  /** URLs with `${env:TEST_PASSWORD}` for the password. */
  readonly sourceAddress: string;
  readonly targetAddress: string;
  readonly password: string;
  /** See {@link runPipeline}. */
  readonly pipeline: (...args: readonly string[]) => Promise<Ran>;
  /** Of the table `pipelines`, as the server prints them. */
  readonly row: (name: string) => Promise<Record<string, string | null>>;
  /** Ends the server in order and starts it again: some of its settings are read only then. */
  readonly restart: () => Promise<void>;
}

/** Told of what a command has said so far; true at the moment that is waited for. */
export type Moment = (lines: readonly string[]) => Promise<boolean> | boolean;

export const said =
  (text: string) =>
  (lines: readonly string[]): boolean =>
    lines.some((line) => line.includes(text));

const MAIN = join(ROOT, 'harness/cli/main.ts');

/** Runs a command of `driftlab` in a process of its own: what it writes. Throws where its status is not 0. */
export async function runMain(folder: string, env: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<string> {
  const options = { cwd: folder, env: { ...process.env, ...env } };
  return (await promisify(execFile)(process.execPath, [MAIN, ...args], options)).stdout;
}

/** Starts a pipeline in a process of its own, that is killed at a moment; false where it ended before that. */
export async function killStartAt(...start: Parameters<typeof signalStartAt>): Promise<boolean> {
  return (await signalStartAt(...start)) === 'SIGKILL';
}

/** Starts a pipeline in a process of its own, that gets a signal at a moment: its exit status, or the signal that ended it. */
export async function signalStartAt(
  folder: string,
  env: NodeJS.ProcessEnv,
  name: string,
  moment: Moment,
  signal: NodeJS.Signals = 'SIGKILL',
): Promise<number | NodeJS.Signals> {
  const child = spawn(process.execPath, [MAIN, 'pipeline', 'start', name], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exit = once(child, 'exit');
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  await until(async () => child.exitCode !== null || (await moment(lines)), {
    ...{ what: 'the moment of the kill', limitMs: 120_000, pauseMs: 1, maxPauseMs: 2 },
  });
  child.kill(signal);
  const [status, by] = await exit;
  return by ?? status;
}

/** Runs a command of `driftlab pipeline` in this process; an OperatorError ends it as it would end the program. */
export function runPipeline(folder: string, env: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<Ran> {
  return ranPipeline({ ...testHost(folder, () => Promise.reject(new Error('not to be run'))), env }, args);
}

/** The same at a terminal, where somebody gives these answers, and none to what is asked then. */
export function answeringPipeline(
  folder: string,
  env: NodeJS.ProcessEnv,
  answers: readonly string[],
  ...args: readonly string[]
): Promise<Ran> {
  const left = [...answers];
  const ask = async (): Promise<string> => left.shift() ?? '';
  return ranPipeline({ ...testHost(folder, () => Promise.reject(new Error('not to be run'))), env, ask }, args);
}

async function ranPipeline(host: TestHost, args: readonly string[]): Promise<Ran> {
  const status = await pipelineCommand(args, host).catch((error: unknown) => {
    if (!(error instanceof OperatorError)) throw error;
    host.err.push(explain(error));
    return error.exit;
  });
  return { status, out: host.out.join(''), err: host.err.join('') };
}

export async function startPipelineBench(folder: string): Promise<PipelineBench> {
  const { server, ...own } = await startTestPostgres();
  const admin = openDatabase(databaseUrl(server, 'postgres'));
  for (const name of ['state', 'source', 'target']) await admin.query(`CREATE DATABASE ${name}`);
  await admin.close();
  const open = (name: string) => openDatabase(databaseUrl(server, name));
  const [state, source, target] = [open('state'), open('source'), open('target')];
  const env = { DRIFTLAB_STATE_URL: state.url, TEST_PASSWORD: server.password };
  const address = (url: string) => url.replace(/:[^:@/]+@/, () => ':${env:TEST_PASSWORD}@');
  return {
    ...{ env, state, source, target, password: server.password },
    sourceAddress: address(source.url),
    targetAddress: address(target.url),
    pipeline: (...args) => runPipeline(folder, env, ...args),
    async row(name) {
      const [row] = await state.query<Record<string, string | null>>('SELECT * FROM pipelines WHERE name = $1', [name]);
      if (row === undefined) throw new Error(`no pipeline ${name}`);
      return row;
    },
    async restart() {
      await own.node.stop();
      await own.node.start();
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([state, source, target].map((database) => database.close()));
      await own[Symbol.asyncDispose]();
    },
  };
}
