import type { TableId } from '#model/catalog.ts';
import type { Anomaly, Finding, Hop } from '#model/finding.ts';
import type { KeyObservation } from '#model/observation.ts';
import { isBookkeeping, type Row, type Text } from '#model/values.ts';
import { isRemoval } from './came-back.ts';
import { hopOf, hopOfValues, isAsCaptured } from './hop.ts';
import { differences, equal, isEarlierVersion } from './rows.ts';

/**
 * What is wrong with one key: nothing, or one finding; two where a row is there several times and no copy is right.
 * A key that may still be on its way must not be asked about.
 */
export function judgeKey(table: TableId, observation: KeyObservation): Finding[] {
  const { source, sink } = observation;
  if (source === undefined) return sink.length === 0 ? [] : [surplus(table, observation)];
  const copies = observation.sourceCopies ?? 1;
  if (sink.length < copies) return [lost(table, observation, copies)];
  const findings: Finding[] = [];
  if (sink.length > copies) findings.push(duplicate(table, observation, copies));
  // A right row among several is enough: that there are several is said already.
  if (!sink.some((row) => equal(source, row))) findings.push(wrongValues(table, observation, source));
  return findings;
}

function finding(
  anomaly: Anomaly,
  table: TableId,
  observation: KeyObservation,
  hop: Hop,
  detail: string,
  more: Partial<Finding> = {},
): Finding {
  const { key, source, log } = observation;
  const sink = shownRows(observation);
  return {
    anomaly,
    table,
    key,
    hop,
    ...(source === undefined ? {} : { source }),
    sink,
    ...(sink.length === observation.sink.length ? {} : { copies: observation.sink.length }),
    ...(log === undefined ? {} : { event: log.last }),
    ...more,
    detail,
  };
}

/** A sink that inserts blindly has one more copy of everything with each replay: a person needs no more of them than these. */
const ROWS_SHOWN_MAX = 5;

function shownRows({ source, sink }: KeyObservation): readonly Row[] {
  if (sink.length <= ROWS_SHOWN_MAX) return sink;
  const differs = (row: Row): boolean => source === undefined || !equal(source, row);
  return [...sink.filter(differs), ...sink.filter((row) => !differs(row))].slice(0, ROWS_SHOWN_MAX);
}

function lost(table: TableId, observation: KeyObservation, copies: number): Finding {
  const missing = copies - observation.sink.length;
  const { collides } = observation;
  if (collides !== undefined)
    return finding(
      ...(['lost', table, observation, 'log-to-sink'] as const),
      `the key also exists in ${collides}, which goes to the same table of the sink: only the row written last is kept; ${lastEventOf(observation)}.`,
      { collides },
    );
  const what =
    copies > 1
      ? `${missing} of ${copies} identical rows are missing at the sink`
      : observation.version === true
        ? 'this version of the row is missing at the sink'
        : 'the row exists at the source, but not at the sink';
  const { log, source } = observation;
  const altered = isKeyless(observation) && log?.image !== undefined ? differences(source ?? {}, log.image) : [];
  if (altered.length > 0) {
    const columns = altered.map(
      ({ column, source: ours, sink: theirs }) => `${column} is ${shown(theirs)} instead of ${shown(ours)}`,
    );
    const detail = `${what}; in the log, ${columns.join(', ')}; ${lastEventOf(observation)}.`;
    return finding('lost', table, observation, 'source-to-log', detail);
  }
  const shared = sharedKey(observation);
  return finding('lost', table, observation, hopOf(observation), `${what}; ${lastEventOf(observation)}${shared}.`);
}

/** Rows of the table are known by their values alone. */
function isKeyless({ rowEvents }: KeyObservation): boolean {
  return rowEvents !== undefined;
}

/** A sink that writes by the records' key has one row for all that share it. */
function sharedKey({ log }: KeyObservation): string {
  const { values, rows } = log?.recordKey ?? { values: {}, rows: 0 };
  if (rows < 2) return '';
  const key = Object.entries(values).map(([column, value]) => `${column} = ${value ?? 'NULL'}`);
  return `; the record key is not the primary key (message.key.columns, or a transform that sets the key): ${rows} rows share ${key.join(', ')}, and a sink that writes by the record key keeps only one of them`;
}

/** A row of the sink that the source has not: one that it once had and deleted, or one that it never had. */
function surplus(table: TableId, observation: KeyObservation): Finding {
  const { ledger, log, sink, returned } = observation;
  const hop = hopOf(observation);
  const deletedAtSource = ledger?.kind === 'delete' || isRemoval(log?.last.op);
  const one = sink.length === 1;
  const taken = isKeyless(observation) && log?.image === undefined ? log?.last.op : undefined;
  if (taken !== undefined && taken !== 'create' && taken !== 'read') {
    const what = taken === 'update' ? 'changed' : 'deleted';
    const rows = one ? 'the old row' : `${sink.length} old rows`;
    const detail = `the row was ${what} at the source, but the sink still has ${rows}; ${lastEventOf(observation)}.`;
    return finding('orphan', table, observation, hop, detail);
  }
  if (!deletedAtSource)
    return finding(
      'orphan',
      table,
      observation,
      hop,
      `the sink has ${one ? 'a row' : `${sink.length} rows`} that the source ${observation.version === true ? 'never had' : 'does not have'}; ${lastEventOf(observation)}.`,
    );
  // A delete that never reached the sink, or that it ignored, leaves the row where it was: nothing came back.
  const rows = one ? 'it' : `${sink.length} rows of it`;
  // Only where the sink was without it meanwhile has it come back, and it does not matter when somebody looked.
  return returned !== true
    ? finding(
        'orphan',
        table,
        observation,
        hop,
        `the row was deleted at the source, but the sink still has ${rows}; ${lastEventOf(observation)}.`,
      )
    : finding(
        'resurrected',
        table,
        observation,
        hop,
        `the row was deleted at the source, but the sink has ${rows} again; ${lastEventOf(observation)}.`,
      );
}

function duplicate(table: TableId, observation: KeyObservation, copies: number): Finding {
  const { sink, source } = observation;
  const same = source === undefined ? 0 : sink.filter((row) => equal(source, row)).length;
  const { rowEvents = 0 } = observation;
  const again = rowEvents > copies ? `; the log has ${rowEvents} events for it` : '';
  const detail = `the sink has ${sink.length} rows where the source has ${copies === 1 ? 'one' : copies}; ${same} of them equal the source's${again}.`;
  // All copies came through the log, so the log had what it took.
  return finding('duplicate', table, observation, 'log-to-sink', detail);
}

function wrongValues(table: TableId, observation: KeyObservation, source: Row): Finding {
  const row = nearest(source, observation.sink);
  const differs = differences(source, row);
  const names = differs.map(({ column }) => column).join(', ');
  const { overtook } = observation;
  if (overtook !== undefined) {
    const newer = `${overtook.op} in ${overtook.topic}/${overtook.partition} at offset ${overtook.offset}`;
    const detail = `the sink applied ${newer}, and then an older event for the row, which left old values in ${names}; ${lastEventOf(observation)}.`;
    return finding('reordered', table, observation, 'log-to-sink', detail, { differs });
  }
  if (isStale(observation, source, row) && !isAsCaptured(observation, differs)) {
    const detail = `the sink has an older version of the row, which differs in ${names}; ${lastEventOf(observation)}.`;
    return finding('stale', table, observation, hopOf(observation), detail, { differs });
  }
  const [first] = differs;
  const which = differs.length === 1 ? '' : `${first?.column} is `;
  const values =
    first === undefined ? '' : `: ${which}${shown(first.source)} at the source, ${shown(first.sink)} at the sink`;
  return finding(
    'corrupt',
    table,
    observation,
    hopOfValues(observation, differs),
    differs.length === 1 ? `wrong value in ${names}${values}.` : `wrong values in ${names}${values}.`,
    {
      differs,
      ...(differs.length === 1 && first !== undefined ? { column: first.column } : {}),
    },
  );
}

/** The row of the sink that differs from the source's in the fewest columns. */
function nearest(source: Row, rows: readonly Row[]): Row {
  const [first = {}, ...others] = rows;
  return others.reduce(
    (best, row) => (differences(source, row).length < differences(source, best).length ? row : best),
    first,
  );
}

function isStale({ versions, log, ledger, sink, sinkLsn }: KeyObservation, source: Row, row: Row): boolean {
  if (ledger?.captured === false || log?.skipped === true) return true;
  if (versions.some((version) => isEarlierVersion(version, source, row))) return true;
  // Written with an event that left these columns out, over a row whose values in them were old already.
  const differs = differences(source, row);
  if (
    differs.every(({ column }) => log?.unchanged?.includes(column) === true) &&
    versions.some((version) => differs.every(({ column, sink: value }) => version[column] === value))
  )
    return true;
  // The row says itself that it is from before the last change.
  const lsn = sinkLsn?.[sink.indexOf(row)];
  return lsn !== undefined && log?.changeLsn !== undefined && lsn < log.changeLsn;
}

function lastEventOf({ log, ledger }: KeyObservation): string {
  if (log === undefined) return 'the log has no event for the row';
  const { op, partition, topic, offset } = log.last;
  const where = `${topic}/${partition} at offset ${offset}`;
  if (ledger?.captured === false)
    return `the last event in the log, ${op} in ${where}, is older than the row's last change`;
  if (log.skipped)
    return `an event for the row was removed from the log before the consumer read it; the last event is ${op} in ${where}`;
  return `the last event is ${op} in ${where}${log.expired ? ', which is no longer in the log' : ''}`;
}

const SHOWN_LENGTH_MAX = 60;

function shown(value: Text): string {
  if (value === null) return 'NULL';
  const text = JSON.stringify(value);
  return text.length <= SHOWN_LENGTH_MAX ? text : `${text.slice(0, SHOWN_LENGTH_MAX)}… (${value.length} characters)`;
}

/** True for a duplicate whose copies all equal the source's row: the count is wrong, no value is. */
export function isHarmless({ anomaly, source, sink = [] }: Finding): boolean {
  if (anomaly !== 'duplicate' || source === undefined) return false;
  return sink.every((row) =>
    Object.entries(source).every(([name, value]) => isBookkeeping(name) || row[name] === value),
  );
}
