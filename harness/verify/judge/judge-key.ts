import type { TableId } from '#model/catalog.ts';
import type { Anomaly, Finding, Hop } from '#model/finding.ts';
import type { KeyObservation } from '#model/observation.ts';
import { isBookkeeping, type Row, type Text } from '#model/values.ts';
import { isRemoval } from './came-back.ts';
import { hopOf, hopOfValues, isAsCaptured } from './hop.ts';
import { differences, equal, isEarlierVersion } from './rows.ts';

/**
 * What is wrong with one key: nothing, or one finding; two where a row is there several times and no copy is right.
 * A key that may still be on its way is never called wrong.
 */
export function judgeKey(table: TableId, observation: KeyObservation): Finding[] {
  if (observation.inFlight) return [];
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
      `keys of two sources collide: ${collides} has the same key, both go to one table of the sink, and it keeps the row that was written last; ${lastEventOf(observation)}.`,
      { collides },
    );
  const what =
    copies > 1
      ? `the sink has ${missing} of ${copies} too few`
      : observation.version === true
        ? 'the sink lacks this version of the row'
        : 'the source has the row, the sink has none';
  const { log, source } = observation;
  const altered = isKeyless(observation) && log?.image !== undefined ? differences(source ?? {}, log.image) : [];
  if (altered.length > 0) {
    const columns = altered.map(
      ({ column, source: ours, sink: theirs }) => `${column} ${shown(theirs)} for ${shown(ours)}`,
    );
    const detail = `${what}; the log has it with ${columns.join(', ')}: ${lastEventOf(observation)}.`;
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
  return `, and the records' key is not the primary key (message.key.columns, or a transform that makes the key): ${key.join(', ')} is the key of ${rows} rows, of which a sink that writes by it keeps one`;
}

/** A row of the sink that the source has not: one that it once had and deleted, or one that it never had. */
function surplus(table: TableId, observation: KeyObservation): Finding {
  const { ledger, log, sink, returned } = observation;
  const hop = hopOf(observation);
  const deletedAtSource = ledger?.kind === 'delete' || isRemoval(log?.last.op);
  const rows = sink.length === 1 ? 'a row' : `${sink.length} rows`;
  const taken = isKeyless(observation) && log?.image === undefined ? log?.last.op : undefined;
  if (taken !== undefined && taken !== 'create' && taken !== 'read') {
    const what = taken === 'update' ? 'changed' : 'deleted';
    const detail = `${what} at the source, the sink still has ${rows} as before; ${lastEventOf(observation)}.`;
    return finding('orphan', table, observation, hop, detail);
  }
  if (!deletedAtSource)
    return finding(
      'orphan',
      table,
      observation,
      hop,
      `the sink has ${rows} that the source ${observation.version === true ? 'never had' : 'has not'}; ${lastEventOf(observation)}.`,
    );
  // A delete that never reached the sink, or that it ignored, leaves the row where it was: nothing came back.
  // Only where the sink was without it meanwhile has it come back, and it does not matter when somebody looked.
  return returned !== true
    ? finding(
        'orphan',
        table,
        observation,
        hop,
        `deleted at the source, the sink still has ${rows}; ${lastEventOf(observation)}.`,
      )
    : finding(
        'resurrected',
        table,
        observation,
        hop,
        `deleted at the source, the sink has ${rows} again; ${lastEventOf(observation)}.`,
      );
}

function duplicate(table: TableId, observation: KeyObservation, copies: number): Finding {
  const { sink, source } = observation;
  const same = source === undefined ? 0 : sink.filter((row) => equal(source, row)).length;
  const { rowEvents = 0 } = observation;
  const again = rowEvents > copies ? `; the log has ${rowEvents} events of it` : '';
  const detail = `the sink has ${sink.length} rows for ${copies === 1 ? 'one' : copies} of the source, ${same} of them equal to it${again}.`;
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
    const detail = `the sink had the effect of ${newer}, and then that of an older event of the row, which differs in ${names}; ${lastEventOf(observation)}.`;
    return finding('reordered', table, observation, 'log-to-sink', detail, { differs });
  }
  if (isStale(observation, source, row) && !isAsCaptured(observation, differs)) {
    const detail = `the sink holds an earlier version of the row, which differs in ${names}; ${lastEventOf(observation)}.`;
    return finding('stale', table, observation, hopOf(observation), detail, { differs });
  }
  const [first] = differs;
  const values = first === undefined ? '' : `: ${shown(first.source)} at the source, ${shown(first.sink)} at the sink`;
  return finding(
    'corrupt',
    table,
    observation,
    hopOfValues(observation, differs),
    `wrong value in ${names}${values}.`,
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
  if (log === undefined) return 'the log has no event for it';
  const { op, partition, topic, offset } = log.last;
  const where = `${topic}/${partition} at offset ${offset}`;
  if (ledger?.captured === false)
    return `the log's last event for it, ${op} in ${where}, is older than its last change`;
  if (log.skipped)
    return `an event of it had left the log before the consumer got there; the last is ${op} in ${where}`;
  return `its last event is ${op} in ${where}${log.expired ? ', which has left the log' : ''}`;
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
