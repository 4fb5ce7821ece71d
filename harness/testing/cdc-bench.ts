// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import type { Database } from '#model/pipeline.ts';
import type { DatabaseServer, Stack } from '#model/stack.ts';
import { reconcile } from '#reconcile/reconcile.ts';
import { killStartAt, type Moment, type PipelineBench, runPipeline } from './pipelines.ts';
import { makeDatabase } from './postgres.ts';
import { startTestStack } from './stack.ts';
import { requestFor } from './two-databases.ts';
import { workerAddress } from './workers.ts';

/** A stack with the databases `own` at its source, `copy` and `state` at its sink, and `driftlab pipeline` on them. */
export interface CdcBench
  extends AsyncDisposable,
    Pick<PipelineBench, 'env' | 'state' | 'source' | 'target' | 'pipeline'> {
  readonly stack: Stack;
  /** Creates a pipeline from `own` to `copy` through the stack's workers and brokers. */
  readonly create: (name: string, tables: string, ...more: readonly string[]) => ReturnType<typeof runPipeline>;
  /** See {@link killStartAt}. */
  readonly killAt: (name: string, moment: Moment) => Promise<boolean>;
  /** Of the table `pipelines`; empty where there is no such pipeline. */
  readonly row: (name: string) => Promise<Record<string, string | null>>;
  /** `table MATCH rows` of each table, once what was on its way has arrived. The source must be at rest. */
  readonly converged: (...tables: readonly string[]) => Promise<readonly string[]>;
}

const SETTLE_MS = 60_000;

export async function startCdcBench(folder: string): Promise<CdcBench> {
  await using parts = new AsyncDisposableStack();
  const stack = parts.use(await startTestStack());
  const make = async (server: DatabaseServer, name: string): Promise<Database> =>
    parts.adopt(await makeDatabase(server, name), (database) => database.close());
  const source = await make(stack.source, 'own');
  const target = await make(stack.sink, 'copy');
  const state = await make(stack.sink, 'state');
  const [C1, C2] = (['source', 'sink'] as const).map((end) => workerAddress(stack, end));
  const env = { DRIFTLAB_STATE_URL: state.url, SOURCE: source.url, TARGET: target.url, C1, C2 };
  const ends = ['--source', '${env:SOURCE}', '--target', '${env:TARGET}'];
  const servers = ['--connect', '${env:C1}', '--sink-connect', '${env:C2}', '--brokers', stack.brokers.join(',')];
  const pipeline = (...args: readonly string[]) => runPipeline(folder, env, ...args);
  const moved = parts.move();
  return {
    ...{ stack, env, source, target, state, pipeline },
    create: (name, tables, ...more) => pipeline('create', name, ...ends, '--tables', tables, ...servers, ...more),
    killAt: (name, moment) => killStartAt(folder, env, name, moment),
    row: async (name) =>
      (await state.query<Record<string, string | null>>('SELECT * FROM pipelines WHERE name = $1', [name]))[0] ?? {},
    async converged(...tables) {
      const request = requestFor(
        source.url,
        target.url,
        tables.map((table) => ({ source: table })),
      );
      const compare = (settleMs: number) =>
        reconcile({ ...request, settleMs }, { signal: new AbortController().signal });
      // The first one waits, and has counted its rows before that. The second one sees both sides at rest, or a difference.
      await compare(SETTLE_MS);
      const report = await compare(0);
      return report.tables.map(({ table, status, target_rows }) => `${table} ${status} ${target_rows}`);
    },
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}
