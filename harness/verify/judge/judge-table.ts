import { tableId } from '#model/catalog.ts';
import type { Finding } from '#model/finding.ts';
import type { TableObservation } from '#model/observation.ts';
import { isBookkeeping } from '#model/values.ts';

/** Columns that one side has and the other has not, one finding each. */
export function judgeColumns(observation: Pick<TableObservation, 'source' | 'sink' | 'pendingColumns'>): Finding[] {
  const { source, sink, pendingColumns } = observation;
  if (sink === undefined) return [];
  const table = tableId(source);
  const atSource = new Set(source.columns.map(({ name }) => name));
  const atSink = new Set(sink.columns.map(({ name }) => name));
  const missing = source.columns
    .filter(({ name }) => !atSink.has(name) && !isBookkeeping(name) && pendingColumns?.has(name) !== true)
    .map(({ name, type }) =>
      columnFinding('missing-column', table, name, `the sink has no column ${name} (${type} at the source)`),
    );
  const extra = sink.columns
    .filter(({ name }) => !atSource.has(name) && !isBookkeeping(name) && pendingColumns?.has(name) !== true)
    .map(({ name, type }) =>
      columnFinding(
        'extra-column',
        table,
        name,
        `the sink has a column ${name} (${type}) that the source does not have`,
      ),
    );
  return [...missing, ...extra];
}

function columnFinding(
  anomaly: 'missing-column' | 'extra-column',
  table: string,
  column: string,
  what: string,
): Finding {
  return {
    anomaly,
    table,
    column,
    hop: 'log-to-sink',
    detail: `${what}.`,
  };
}
