import { setTimeout as delay } from 'node:timers/promises';
import type { ChangeFeed } from '#model/change-feed.ts';
import type { CommandSpec, Database } from '#model/pipeline.ts';
import type { Program, Programs } from '#model/stack.ts';
import type { ProgramHost } from '#model/workload.ts';
import { OperatorError } from '#std/errors.ts';
import { logTail } from '#std/log-tail.ts';
import { until } from '#std/wait.ts';
import type { LedgerWriter } from './ledger.ts';
import type { RunningWriters } from './writers.ts';

export interface ProgramWriterOptions {
  readonly command: CommandSpec;
  readonly source: Database;
  readonly host: ProgramHost;
  readonly feed: ChangeFeed;
  readonly ledger: LedgerWriter;
  readonly log: string;
  readonly programs: Programs;
  readonly signal: AbortSignal;
}

export interface ProgramWriters {
  readonly writers: RunningWriters;
  /** The ledger, told by the source's own log: it knows all that was committed before {@link refresh} was called. */
  readonly ledger: LedgerWriter;
}

const POLL_MS = 200;
const TRANSACTIONS_WANTED = 10;
const STILL_LIMIT_MS = 30_000;

/**
 * Somebody's own load generator as the writers. It is started when they are to write, and stands still (SIGSTOP) when
 * they are not; where it ends in good order it is started again. What it writes the ledger has from the source's log.
 */
export function openProgramWriter(options: ProgramWriterOptions): ProgramWriters {
  const { command, feed, ledger, log } = options;
  const told = toldLedger(feed, ledger);
  const { refresh } = told;
  let program: Program | undefined;
  let writing = false;
  const failure = (): OperatorError | undefined => failureOf(program, options);

  /** Transactions or operations at which it is to stand still; several may have been said ahead. */
  let ahead: (() => boolean)[] = [];
  let stands = false;
  const standStill = async (): Promise<void> => {
    program?.pause();
    await still(options);
    await refresh();
  };

  const stop = new AbortController();
  const poll = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      if (writing && !stands && ahead.some((reached) => reached())) {
        await standStill().catch(() => {});
        stands = true;
      }
      if (writing && !stands && program?.ended === 'exit status 0') program.start();
      await refresh().catch(() => {});
      await delay(POLL_MS, undefined, { signal: stop.signal }).catch(() => {});
    }
  };
  const polling = poll();

  const writers: RunningWriters = {
    // Nobody knows what it makes; so many in a second are enough to go by.
    rate: TRANSACTIONS_WANTED,
    get committed() {
      const wrong = failure();
      if (wrong !== undefined) throw wrong;
      return told.committed;
    },
    get failure() {
      return failure()?.message;
    },
    refusals: new Map(),
    operations: ledger.operations,
    get made() {
      return ledger.operations.length + told.uncaptured;
    },
    stand(at) {
      const wanted = 'operation' in at ? at.operation : told.committed + at.transactions;
      ahead.push('operation' in at ? () => ledger.operations.length >= wanted : () => told.committed >= wanted);
    },
    get stands() {
      const wrong = failure();
      if (wrong !== undefined) throw wrong;
      return stands;
    },
    resume() {
      writing = true;
      stands = false;
      ahead = ahead.filter((reached) => !reached());
      const env = { ...environment(options), ...command.env };
      program ??= options.programs.start({ name: 'writer', ...command, restart: false, env, log });
      program.resume();
    },
    async pause() {
      writing = false;
      await standStill();
    },
    backfill: async () => 0,
    tell() {},
    async [Symbol.asyncDispose]() {
      writing = false;
      stop.abort();
      await polling;
      await program?.stop();
      await feed[Symbol.asyncDispose]();
    },
  };
  // On top of the ledger, not a copy of it: it grows.
  return { writers, ledger: Object.assign(Object.create(ledger) as LedgerWriter, { refresh }) };
}

/** The ledger as the source's own log tells it. */
interface ToldLedger {
  /** Transactions committed. */
  readonly committed: number;
  /** Rows changed in tables that nothing captures: the ledger has no use for them. */
  readonly uncaptured: number;
  /** Resolves once the ledger has all that was committed before. */
  refresh(): Promise<void>;
}

function toldLedger(feed: ChangeFeed, ledger: LedgerWriter): ToldLedger {
  let committed = 0;
  let uncaptured = 0;
  let queue: Promise<void> = Promise.resolve();
  const take = async (): Promise<void> => {
    for (const { txn, writes, others } of await feed.read()) {
      if (writes.length + others === 0) continue;
      committed++;
      uncaptured += others;
      if (writes.length === 0) continue;
      const rows = writes.map(({ table, key }) => ({ table, key }));
      ledger.begin(rows);
      ledger.end(
        rows,
        writes.map((write) => ({ ...write, txn, outcome: 'ok' as const, at: Date.now() })),
      );
    }
  };
  return {
    get committed() {
      return committed;
    },
    get uncaptured() {
      return uncaptured;
    },
    // One reader of the slot at a time.
    refresh() {
      const next = queue.then(take);
      queue = next.catch(() => {});
      return next;
    },
  };
}

/** Why a program writes no more; undefined while it runs, or where it has ended in good order. */
function failureOf(
  program: Program | undefined,
  { command, log }: Pick<ProgramWriterOptions, 'command' | 'log'>,
): OperatorError | undefined {
  const ended = program?.ended;
  if (ended === undefined || ended === 'exit status 0') return undefined;
  return new OperatorError({
    code: 'writer-ended',
    message: `the writer's program ended with ${ended}`,
    expected: `${command.run} to go on writing`,
    found: `the end of its output:\n${(logTail(log, 12) || '(none)').replace(/^/gm, '    ')}`,
    hint: 'run it by hand first; what it is told is in docs/your-pipeline.md',
  });
}

/** Resolves once no statement of the program's runs any more, but for those that wait for a lock of one that stands still. */
function still({ source, host, signal }: Pick<ProgramWriterOptions, 'source' | 'host' | 'signal'>): Promise<boolean> {
  return until(async () => !(await host.isWritten(source)), {
    what: "the writer's statements to end",
    limitMs: STILL_LIMIT_MS,
    signal,
  });
}

/** What the program is told. */
function environment({ source, host }: Pick<ProgramWriterOptions, 'source' | 'host'>): Record<string, string> {
  const url = new URL(source.url);
  const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  return {
    SOURCE_URL: source.url,
    SOURCE_HOST: url.hostname,
    SOURCE_PORT: url.port,
    SOURCE_USER: user,
    SOURCE_PASSWORD: password,
    SOURCE_DB: source.name,
    ...host.environment(source),
  };
}
