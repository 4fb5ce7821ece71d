import { join } from 'node:path';
import { type Admin, committedOffsets, forEver } from '#clients/kafka.ts';
import { engineOf } from '#engines/index.ts';
import type { Database, RunStatus, Variant, VariantSpec } from '#model/pipeline.ts';
import type { Program, Stack } from '#model/stack.ts';
import { OperatorError } from '#std/errors.ts';
import { logTail } from '#std/log-tail.ts';
import { until } from '#std/wait.ts';

export interface CommandOptions {
  readonly name: string;
  readonly spec: VariantSpec;
  readonly stack: Stack;
  readonly groupId: string;
  readonly prefix: string;
  readonly topics: readonly string[];
  /** Those of them that it may leave alone: nothing of them is compared at its sink. */
  readonly uncompared: readonly string[];
  readonly admin: Admin;
  readonly sink: Database;
  readonly database: string;
  readonly logs: string;
  readonly signal: AbortSignal;
  /** How long it may take to join its group. */
  readonly joinLimitMs?: number;
}

export type CommandVariant = Omit<Variant, 'copyIn'> & AsyncDisposable;

const JOIN_LIMIT_MS = 60_000;
/** A program that has ended so often without getting anywhere will not get anywhere, however often it is started. */
const ENDINGS_MAX = 3;
/** Of a program that goes on without getting anywhere. */
const LAST_LINES = 3;
const LOOKED_THROUGH = 20;

/**
 * Starts somebody's own consumer, and resolves once its group has a member. What it has applied is what its group has
 * committed: the one word on its progress that every Kafka client gives. Throws an OperatorError (`command-ended`) for a
 * program that ends before that, and is not started again or has ended so often.
 */
export async function startCommand(options: CommandOptions): Promise<CommandVariant> {
  const { name, spec, stack, groupId, topics, uncompared, admin, sink, signal } = options;
  if (spec.command === undefined) throw new Error(`the variant ${name} has no command`);
  const log = join(options.logs, `${options.database}.log`);
  const env = { ...environment(options), ...spec.command.env };
  const program = stack.programs.start({ name, ...spec.command, env, log });
  const joined = async (): Promise<boolean> => {
    const { groups } = await admin.describeGroups([groupId]);
    return groups.some(({ members }) => members.length > 0);
  };
  const over = (): boolean => program.endings >= ENDINGS_MAX || (program.ended !== undefined && !program.restarting);
  try {
    let isIn = false;
    await until(
      async () => {
        isIn = await joined();
        return isIn || over();
      },
      {
        what: `the program of ${name} to join the consumer group ${groupId}`,
        limitMs: options.joinLimitMs ?? JOIN_LIMIT_MS,
        signal,
        // One that tries in vain to reach something says what.
        saw: () => `no member in the group; the program runs, and ${lastWords(log)}`,
        hint: 'it must subscribe to $TOPICS as a member of the group $CONSUMER_GROUP',
      },
    ).catch((error: unknown) => {
      // Its own last words say more than that it was waited for.
      if (signal.aborted || program.endings === 0) throw error;
    });
    if (!isIn) throw endedAtOnce(name, spec.command.run, log, program);
  } catch (error) {
    await program.stop();
    throw error;
  }
  let committed = '';
  /** How often it had ended when it last committed something. */
  let endingsBefore = program.endings;
  return {
    name,
    spec,
    sink,
    jumps: [],
    async status(): Promise<RunStatus> {
      if (program.paused) return { state: 'paused' };
      const inVain = program.endings - endingsBefore;
      const loops = inVain >= ENDINGS_MAX;
      if (!loops && (program.ended === undefined || program.restarting)) return { state: 'running' };
      const how = loops
        ? `has ended ${inVain} times without committing anything, the last time with ${program.lastEnding}`
        : `ended with ${program.ended}`;
      return { state: 'failed', error: `its program ${how}; ${lastWords(log, 1)}` };
    },
    pause: async () => program.pause(),
    resume: async () => program.resume(),
    crash: async () => program.kill(),
    async applied() {
      const offsets = new Map(await committedOffsets(admin, groupId, topics));
      const now = [...offsets].join(' ');
      if (now !== committed) endingsBefore = program.endings;
      committed = now;
      for (const [partition, offset] of await forEver(admin, uncompared)) offsets.set(partition, offset);
      return offsets;
    },
    lastWords: () => oneLine(log, LAST_LINES) || undefined,
    [Symbol.asyncDispose]: () => program.stop(),
  };
}

/** What the program is told. */
function environment({ stack, groupId, prefix, topics, sink }: CommandOptions): Record<string, string> {
  const { sink: server, brokers, registry } = stack.seen('consumers');
  const { host, port, user, password } = server;
  return {
    KAFKA_BROKERS: brokers.join(','),
    KAFKA_BROKER: brokers[0] ?? '',
    TOPIC_PREFIX: prefix,
    TOPICS: topics.join(','),
    CONSUMER_GROUP: groupId,
    SINK_URL: engineOf(server).server.url(server, sink.name),
    SINK_HOST: host,
    SINK_PORT: String(port),
    SINK_USER: user,
    SINK_PASSWORD: password,
    SINK_DB: sink.name,
    ...(registry === undefined ? {} : { SCHEMA_REGISTRY_URL: registry.url }),
  };
}

function endedAtOnce(name: string, run: string, log: string, { endings, lastEnding }: Program): OperatorError {
  const times = endings === 1 ? '' : `, ${endings} times`;
  return new OperatorError({
    code: 'command-ended',
    message: `the program of ${name} ended with ${lastEnding} before it had joined its consumer group${times}`,
    expected: `${run} to run on, as a member of the consumer group in $CONSUMER_GROUP`,
    found: `the end of its output:\n${(logTail(log, 12) || '(none)').replace(/^/gm, '    ')}`,
    hint: 'run it by hand first; what it is told is in docs/your-pipeline.md',
  });
}

function lastWords(log: string, lines = LAST_LINES): string {
  return `its last words: ${oneLine(log, lines) || '(none)'}`;
}

/** The last lines on one; what it says again and again is there once. */
function oneLine(log: string, lines: number): string {
  const last = logTail(log, LOOKED_THROUGH).split('\n');
  const told = last.filter((line, at) => last.lastIndexOf(line) === at);
  return told.slice(-lines).join(' / ');
}
