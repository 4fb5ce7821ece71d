import { pairingOf } from '#engines/common-form.ts';
import { connectSide, engineOfUrl } from '#engines/index.ts';
import type { Side } from '#engines/port/reconcile.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { type Difference, type ShownDifference, shown } from './classify.ts';
import { comparePass, type Suspect, type TablePair } from './compare.ts';
import { compareCounts } from './counts.ts';
import { type DescribedTable, hashingOf, type PlannedTable, planTable, requireNamedColumns } from './plan.ts';
import { openRepairFile, type RepairFile, repairsTo } from './repair-file.ts';
import { buildReport, type ReconcileReport, type TableResult } from './report.ts';
import type { ReconcileRequest, TableRequest } from './request.ts';
import { look, REMEMBERED_MAX, settle } from './settle.ts';

export interface Progress {
  readonly table: string;
  readonly phase: 'comparing' | 'settling' | 'done';
  readonly done: number;
  readonly total: number;
  readonly rows: number;
  /** Rows that differ so far, or are still looked at again. */
  readonly differing: number;
}

export interface ReconcileOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  readonly onLog?: (level: 'debug' | 'info' | 'warning' | 'error', text: string) => void;
  readonly now?: () => Date;
  /** In place of a file: each statement that would make the target equal, and what a session must run before the first. */
  readonly onRepair?: (statement: string, begins: string) => void;
}

interface Context extends ReconcileOptions {
  readonly request: ReconcileRequest;
  readonly source: Side;
  readonly target: Side;
  readonly repair: RepairFile | undefined;
}

/**
 * Compares all requested tables and returns the report. A table that cannot be compared is an entry of the report with
 * its reason; wrong usage (an unknown column, say) is thrown as an OperatorError, and an abort as its reason.
 */
export async function reconcile(request: ReconcileRequest, options: ReconcileOptions): Promise<ReconcileReport> {
  const at = (options.now ?? (() => new Date()))();
  const started = performance.now();
  const finish = (results: readonly TableResult[]) => buildReport(results, at, performance.now() - started);
  const urls = [request.sourceUrl, request.targetUrl] as const;
  // A URL that no engine has is wrong usage, not a side that cannot be reached.
  for (const url of urls) engineOfUrl(url);
  const [first, second] = await Promise.allSettled(
    urls.map((url) => connectSide(url, { connections: request.jobs, signal: options.signal })),
  );
  await using source = first?.status === 'fulfilled' ? first.value : undefined;
  await using target = second?.status === 'fulfilled' ? second.value : undefined;
  options.signal.throwIfAborted();
  if (source === undefined || target === undefined) {
    const reason = [first, second]
      .flatMap((each) => (each?.status === 'rejected' ? [reasonOf(each.reason)] : []))
      .join('; ');
    options.onLog?.('error', reason);
    return finish(request.tables.map((table) => failed(table, reason)));
  }
  await using repair = await repairFor(request, options, { at, begins: target.repairBegins });
  const context: Context = { ...options, request, source, target, repair };
  requireNamedColumns(await namingTables(context));
  const pending: (() => Promise<TableResult>)[] = [];
  for (const table of request.tables) pending.push(await startTable(context, table));
  // Rows on their way are looked at again for all tables at once: the time to settle is spent once, not once a table.
  return finish(await Promise.all(pending.map((settleTable) => settleTable())));
}

async function repairFor(
  { repairFile }: ReconcileRequest,
  { onRepair }: ReconcileOptions,
  { at, begins }: { readonly at: Date; readonly begins: string | undefined },
): Promise<RepairFile | undefined> {
  if (onRepair !== undefined) return repairsTo(onRepair, begins);
  return repairFile === undefined ? undefined : openRepairFile(repairFile, at, begins);
}

function failed(request: TableRequest, error: string): TableResult {
  return { ...untouched(request), error };
}

function untouched(request: TableRequest): TableResult {
  return {
    table: request.source,
    target_table: request.target,
    status: 'ERROR',
    source_rows: 0,
    target_rows: 0,
    missing_rows: 0,
    extra_rows: 0,
    unsettled_rows: 0,
    duration_ms: 0,
    rows_per_second: 0,
    bytes_moved: 0,
    examples: { missing: [], extra: [], changed: [] },
  };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof OperatorError)) return messageOf(error);
  return [error.message, error.found, error.hint].filter((part) => part !== undefined).join(': ');
}

/** Makes the first pass over a table. What it returns looks again at what differed, and gives the result. */
async function startTable(context: Context, request: TableRequest): Promise<() => Promise<TableResult>> {
  const fail = (error: unknown): TableResult => {
    context.signal.throwIfAborted();
    if (error instanceof OperatorError && error.exit === 2) throw error;
    context.onLog?.('error', `${request.source}: ${reasonOf(error)}`);
    return failed(request, reasonOf(error));
  };
  try {
    const planned = await plan(context, request);
    const finish = context.request.validateChecksums
      ? await startContents(context, request, planned)
      : () => countRows(context, request, planned);
    return () => finish().catch(fail);
  } catch (error) {
    const result = fail(error);
    return async () => result;
  }
}

async function describe(context: Context, request: TableRequest): Promise<DescribedTable> {
  const [source, target] = await Promise.all([
    context.source.describe(request.source, request.where),
    context.target.describe(request.target, request.whereTarget ?? request.where),
  ]);
  return { request, source, target };
}

/** The tables of whose columns some are named; one that cannot be described has an error of its own later. */
async function namingTables(context: Context): Promise<DescribedTable[]> {
  const naming = context.request.tables.filter(
    ({ excludeColumns, mapTypes }) => excludeColumns.length > 0 || Object.keys(mapTypes).length > 0,
  );
  const described: DescribedTable[] = [];
  for (const request of naming) {
    const found = await describe(context, request).catch(() => undefined);
    context.signal.throwIfAborted();
    if (found !== undefined) described.push(found);
  }
  return described;
}

async function plan(context: Context, request: TableRequest): Promise<PlannedTable> {
  const { source, target } = await describe(context, request);
  return planTable({
    request,
    source,
    target,
    hashing: hashingOf(context.source, context.target, context.request.hashing),
    pairing: pairingOf(engineOfUrl(context.request.sourceUrl), engineOfUrl(context.request.targetUrl)),
    ignoredPrefixes: context.request.ignoredPrefixes,
  });
}

function pairOf(context: Context, request: TableRequest, planned: PlannedTable): TablePair {
  return {
    name: request.source,
    plan: planned.source,
    source: context.source.reader(planned.source),
    target: context.target.reader(planned.target),
    estimatedRows: Math.max(planned.source.table.estimatedRows, planned.target.table.estimatedRows),
    method: planned.method,
  };
}

async function countRows(context: Context, request: TableRequest, planned: PlannedTable): Promise<TableResult> {
  const meter = startMeter(context);
  const pair = pairOf(context, request, planned);
  const { source, target, moving } = await compareCounts(pair, context.request.settleMs, context.signal);
  const gap = moving ? 0 : source - target;
  context.onProgress?.({
    table: request.source,
    phase: 'done',
    done: 1,
    total: 1,
    rows: source,
    differing: Math.abs(gap),
  });
  return {
    ...untouched(request),
    status: gap === 0 && planned.schema === undefined ? 'MATCH' : 'MISMATCH',
    source_rows: source,
    target_rows: target,
    missing_rows: Math.max(0, gap),
    extra_rows: Math.max(0, -gap),
    unsettled_rows: moving ? Math.abs(source - target) : 0,
    method: 'count',
    ...meter(source + target),
    ...(planned.schema === undefined ? {} : { schema: planned.schema }),
  };
}

function startMeter({ source, target }: Context) {
  const started = performance.now();
  const before = source.bytesMoved() + target.bytesMoved();
  return (rows: number) => {
    const seconds = (performance.now() - started) / 1000;
    return {
      duration_ms: Math.round(seconds * 1000),
      rows_per_second: Math.round(rows / 2 / Math.max(seconds, 0.001)),
      bytes_moved: source.bytesMoved() + target.bytesMoved() - before,
    };
  };
}

async function startContents(
  context: Context,
  request: TableRequest,
  planned: PlannedTable,
): Promise<() => Promise<TableResult>> {
  const { settleMs, jobs, details } = context.request;
  const meter = startMeter(context);
  const pair = pairOf(context, request, planned);
  const counts = { missing: 0, extra: 0, changed: 0 };
  const examples: Record<Difference['kind'], ShownDifference[]> = { missing: [], extra: [], changed: [] };
  const remembered: Suspect[] = [];
  const record = (differences: readonly Difference[]) => {
    for (const difference of differences) {
      counts[difference.kind]++;
      if (examples[difference.kind].length < details) examples[difference.kind].push(shown(pair.plan, difference));
      context.repair?.write(pair, difference);
    }
  };
  const differing = () => remembered.length + counts.missing + counts.extra + counts.changed;
  const say = (phase: Progress['phase'], done: number, total: number, rows: number, open = differing()) =>
    context.onProgress?.({ table: request.source, phase, done, total, rows, differing: open });
  const pass = await comparePass(pair, {
    jobs,
    signal: context.signal,
    onProgress: (done, total, rows) => say('comparing', done, total, rows),
    async onSuspects(suspects) {
      if (settleMs > 0 && remembered.length + suspects.length <= REMEMBERED_MAX) {
        remembered.push(...suspects);
        return;
      }
      const wanted = new Set(context.repair === undefined ? exemplary(suspects, examples, details) : suspects);
      for (const suspect of suspects) {
        if (!wanted.has(suspect)) for (const kind of KINDS) counts[kind] += suspect[kind];
      }
      await settle(pair, [...wanted], { settleMs: 0, signal: context.signal, onDifferences: record });
      await context.repair?.flush();
    },
  });
  const figures = meter(pass.sourceRows + pass.targetRows);
  return async () => {
    const { agreed, unsettled } = await settle(pair, remembered, {
      settleMs,
      signal: context.signal,
      onDifferences: record,
      onProgress: (open, leftMs) => say('settling', settleMs - leftMs, settleMs, pass.sourceRows, open),
    });
    remembered.length = 0;
    say('done', 1, 1, pass.sourceRows);
    const equal = counts.missing + counts.extra + counts.changed === 0 && planned.schema === undefined;
    return {
      table: request.source,
      target_table: request.target,
      status: equal ? 'MATCH' : 'MISMATCH',
      source_rows: pass.sourceRows,
      target_rows: pass.targetRows,
      missing_rows: counts.missing,
      extra_rows: counts.extra,
      changed_rows: counts.changed,
      in_flight_rows: agreed,
      unsettled_rows: unsettled.length,
      ...(unsettled.length === 0
        ? {}
        : { unsettled_keys: await keysOf(pair, unsettled.slice(0, details), context.signal) }),
      hashing: pair.plan.hashing,
      method: pair.method,
      ...figures,
      ...(planned.schema === undefined ? {} : { schema: planned.schema }),
      examples,
    };
  };
}

const KINDS = ['missing', 'extra', 'changed'] as const;

/** Those of the suspects that may still become examples of the report. All others need only be counted. */
function exemplary(
  suspects: readonly Suspect[],
  examples: Readonly<Record<Difference['kind'], readonly unknown[]>>,
  details: number,
): Suspect[] {
  const room = { missing: 0, extra: 0, changed: 0 };
  for (const kind of KINDS) room[kind] = details - examples[kind].length;
  return suspects.filter((suspect) => {
    const useful = KINDS.filter((kind) => suspect[kind] > 0 && room[kind] > 0);
    for (const kind of useful) room[kind] -= suspect[kind];
    return useful.length > 0;
  });
}

async function keysOf(
  pair: TablePair,
  suspects: readonly Suspect[],
  signal: AbortSignal,
): Promise<ShownDifference['key'][]> {
  const keys: ShownDifference['key'][] = [];
  await look(pair, suspects, signal, (batch, source, target) => {
    for (const { id } of batch) {
      const row = source.find((each) => each.id === id) ?? target.find((each) => each.id === id);
      if (row !== undefined) keys.push(shown(pair.plan, { kind: 'missing', id, source: row }).key);
    }
  });
  return keys;
}
