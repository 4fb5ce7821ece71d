import type { Dialect, SqlName } from '#engines/port/dialect.ts';
import type { TableId } from '#model/catalog.ts';
import type { ConnectorFile, ConnectorTable } from '#model/pipeline.ts';

const NAME = '(?:"(?:[^"]|"")+"|`(?:[^`]|``)+`|[A-Za-z_][\\w$]*)';
/** What a statement writes to. `DO UPDATE SET` and `ON DUPLICATE KEY UPDATE` of an upsert name no table. */
const TARGET = new RegExp(
  String.raw`(?<!\b(?:DO|THEN|KEY)\s+)\b(?:(?:INSERT|REPLACE)\s+(?:IGNORE\s+)?INTO|UPDATE|DELETE\s+FROM|MERGE\s+INTO)\s+(?:ONLY\s+)?(${NAME}(?:\s*\.\s*${NAME})*)`,
  'gi',
);

/** The parts of a table's name as SQL writes it, `app.public."Beat"`. */
function partsOf(text: string): SqlName[] {
  return [...text.matchAll(new RegExp(NAME, 'g'))].map(([part]) => {
    const [quote = ''] = part;
    if (quote !== '"' && quote !== '`') return { name: part, quoted: false };
    return { name: part.slice(1, -1).replaceAll(quote + quote, quote), quoted: true };
  });
}

/**
 * The tables that source connectors write themselves, by their configuration: what a heartbeat's query writes to, and
 * where signals go, in which an incremental snapshot leaves its marks. Their rows never come to rest.
 */
export function connectorTables(
  { tableOf }: Pick<Dialect, 'tableOf'>,
  sources: readonly ConnectorFile[],
): ConnectorTable[] {
  const found = new Map<TableId, ConnectorTable>();
  for (const { file, config } of sources) {
    const query = config['heartbeat.action.query'] ?? '';
    for (const [, target = ''] of query.matchAll(TARGET)) {
      const table = tableOf(partsOf(target));
      found.set(table, { table, property: 'heartbeat.action.query', file });
    }
    const signals = config['signal.data.collection']?.trim();
    if (signals === undefined || signals === '') continue;
    // Debezium compares this name with the catalog's as it is: nothing is folded.
    const table = tableOf(signals.split('.').map((name) => ({ name, quoted: true })));
    if (!found.has(table)) found.set(table, { table, property: 'signal.data.collection', file });
  }
  return [...found.values()];
}
