import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Fact, KeyObservation, VariantVerdict } from '#model/observation.ts';
import { type Operation, UNKNOWN_TXN } from '#model/operation.ts';
import { topicPartition } from '#model/position.ts';
import type { RunEvent, StepResult, StepVariantResult } from '#model/run-event.ts';
import { type Verdict, worst } from '#model/verdict.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { decodeLine } from '#std/json-lines.ts';
import { isCaptured } from '#verify/judge/captured.ts';
import type { FactJudge } from '#verify/judge/judge-facts.ts';
import { openPlacedJudge } from '#verify/placed.ts';
import { LEDGER_FILE, rowName } from '#workloads/ledger.ts';
import { exitOf, inTime, meets, stepVerdict, undecided } from './expectation.ts';
import { type Circumstances, explain, isBroken } from './explain.ts';
import { type CheckName, OBSERVATIONS_FILE, readObservations } from './observations.ts';

type Cut = Extract<Fact, { readonly type: 'cut' }>;

/**
 * The history of a run as it had been written if its observations were judged now: every step's verdicts, and those of
 * the modes and the run. What an observation says of ledger and positions is taken from the ledger's file and from the
 * positions themselves. Needs no server. Throws an OperatorError for a folder that lacks what a judged step was judged by.
 */
export async function rejudge(folder: string, events: readonly RunEvent[]): Promise<RunEvent[]> {
  const ledger = await readLedger(join(folder, LEDGER_FILE));
  const judges = new Map<string, FactJudge>();
  const seen = new Map<string, Seen>();
  for await (const { variant, fact, ...check } of readObservations(join(folder, OBSERVATIONS_FILE))) {
    const name = nameOf(check, variant);
    const judge = judges.get(name) ?? openPlacedJudge(variant);
    judges.set(name, judge);
    const known = seen.get(name) ?? { keyed: new Set<string>() };
    seen.set(name, known);
    if (fact.type === 'cut') known.cut = fact;
    if (fact.type === 'columns' && fact.source.key.length > 0)
      known.keyed.add(`${fact.source.schema}.${fact.source.name}`);
    judge.take(fact.type === 'key' ? { ...fact, state: established(fact, check.mode, known, ledger) } : fact);
  }
  return rewritten(events, judges);
}

/** Modes whose baseline was judged. A pipeline of somebody's own is not demanded to be sound before it is broken. */
function withBaseline(events: readonly RunEvent[]): ReadonlySet<string> {
  return new Set(events.flatMap((event) => (event.type === 'check' && event.kind === 'baseline' ? [event.mode] : [])));
}

/** What the facts before a key say that bears on it. */
interface Seen {
  cut?: Cut;
  /** Tables with a key: of others the ledger can say nothing. */
  readonly keyed: Set<string>;
}

/** The operations on each row of each mode, by mode and row, oldest first; those that failed left out. */
type LedgerFile = ReadonlyMap<string, readonly Operation[]>;

async function readLedger(file: string): Promise<LedgerFile> {
  const rows = new Map<string, Operation[]>();
  let number = 0;
  try {
    for await (const line of createInterface({ input: createReadStream(file) })) {
      number++;
      const { mode, ...operation } = operationOf(line);
      if (operation.outcome === 'failed') continue;
      const name = `${mode} ${rowName(operation)}`;
      const of = rows.get(name);
      if (of === undefined) rows.set(name, [operation]);
      else of.push(operation);
    }
  } catch (cause) {
    throw new OperatorError({
      code: 'ledger-missing',
      message: "the run's ledger cannot be read",
      expected: `a file ${file}`,
      found: number === 0 ? messageOf(cause) : `line ${number}: ${messageOf(cause)}`,
      cause,
    });
  }
  return rows;
}

function operationOf(line: string): Operation & { readonly mode: string } {
  const value = decodeLine<Partial<Operation & { readonly mode: string }> | null>(line);
  const texts = [value?.mode, value?.table, value?.key, value?.kind, value?.outcome];
  if (texts.every((text) => typeof text === 'string') && Number.isInteger(value?.seq))
    return value as Operation & { readonly mode: string };
  throw new Error(`${line.slice(0, 60)} is no operation`);
}

/** The observation with what ledger and positions say of it. */
function established(
  { table, state }: Extract<Fact, { readonly type: 'key' }>,
  mode: string,
  { cut, keyed }: Seen,
  ledger: LedgerFile,
): KeyObservation {
  if (cut === undefined) return state;
  const { log: logged, ledger: _, ...rest } = state;
  const partition = logged === undefined ? '' : topicPartition(logged.last.topic, logged.last.partition);
  const log =
    logged === undefined
      ? undefined
      : {
          ...logged,
          expired: logged.last.offset < (cut.starts[partition] ?? 0n),
          consumed: logged.last.offset < (cut.applied[partition] ?? 0n),
        };
  const last = keyed.has(table)
    ? ledger.get(`${mode} ${rowName({ table, key: state.key })}`)?.findLast(({ seq }) => seq <= cut.ledgerSeq)
    : undefined;
  // What it wrote cannot be recognised in the log.
  const word = last?.txn === UNKNOWN_TXN ? undefined : last;
  return {
    ...rest,
    ...(log === undefined ? {} : { log }),
    ...(word === undefined ? {} : { ledger: { kind: word.kind, captured: isCaptured(word.txn, state.source, log) } }),
  };
}

function nameOf({ mode, step }: CheckName, variant: string): string {
  return JSON.stringify([mode, step ?? null, variant]);
}

function rewritten(events: readonly RunEvent[], judges: ReadonlyMap<string, FactJudge>): RunEvent[] {
  const modes = new Map<string, Verdict[]>();
  const based = withBaseline(events);
  const read = new Map(
    events.flatMap((event) => (event.type === 'circumstances' ? [[stepName(event), event] as const] : [])),
  );
  const ended: Verdict[] = [];
  return events.map((event): RunEvent => {
    switch (event.type) {
      case 'step-judged': {
        const result = judgedAgain(event.result, judges, read.get(stepName(event.result)));
        const before = modes.get(result.mode) ?? (based.has(result.mode) ? baseline(result, judges) : []);
        modes.set(result.mode, [...before, result.verdict]);
        return { ...event, result };
      }
      case 'mode-ended': {
        const verdict = worst(modes.get(event.mode) ?? []);
        ended.push(verdict);
        return { ...event, verdict };
      }
      case 'run-ended': {
        // Of a run that ended early, that is all there is to say.
        if (event.reason !== undefined) return event;
        const verdict = worst(ended);
        return { ...event, verdict, exit: exitOf(verdict) };
      }
      default:
        return event;
    }
  });
}

function stepName({ mode, step }: { readonly mode: string; readonly step: string }): string {
  return JSON.stringify([mode, step]);
}

/** The causes are found again where the history has what they were looked for in; histories of older versions have the causes alone. */
function causesAgain(
  circumstances: Circumstances | undefined,
  fault: StepResult['fault'],
  judged: VariantVerdict,
  before: StepVariantResult['causes'],
): Pick<StepVariantResult, 'causes'> {
  if (!isBroken(judged)) return {};
  const causes = explain(circumstances, fault, judged) ?? before;
  return causes === undefined ? {} : { causes };
}

function judgedAgain(
  result: StepResult,
  judges: ReadonlyMap<string, FactJudge>,
  circumstances: Circumstances | undefined,
): StepResult {
  const variants: Record<string, StepVariantResult> = {};
  for (const [name, { causes, ...before }] of Object.entries(result.variants)) {
    const judged = verdictOf(judges, { mode: result.mode, step: result.step }, name);
    const seen = undecided(judged, result.disturbed ?? []);
    variants[name] = {
      ...before,
      seen,
      met: meets(before.expected, seen) && inTime(before.expected, before.convergedMs),
      ...causesAgain(circumstances, result.fault, judged, causes),
    };
  }
  return { ...result, variants, verdict: stepVerdict(result.fault.bit, Object.values(variants)) };
}

/** A mode whose baseline does not hold proves nothing. */
function baseline({ mode, variants }: StepResult, judges: ReadonlyMap<string, FactJudge>): Verdict[] {
  const verdicts = Object.keys(variants).map((name) => verdictOf(judges, { mode }, name).verdict);
  return verdicts.every((verdict) => verdict === 'PASS') ? [] : ['UNKNOWN'];
}

function verdictOf(judges: ReadonlyMap<string, FactJudge>, check: CheckName, variant: string): VariantVerdict {
  const judge = judges.get(nameOf(check, variant));
  if (judge?.ended === true) return judge.verdict();
  throw new OperatorError({
    code: 'observations-incomplete',
    message: `the run's observations are incomplete for ${variant} in ${[check.mode, check.step ?? 'its baseline'].join(', ')}`,
    expected: 'observations for every step and variant with a verdict in the history',
    found: judge === undefined ? 'none' : 'only some',
    hint: 'the folder was damaged or put together from several runs',
  });
}
