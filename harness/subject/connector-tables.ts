import type { TableId } from '#model/catalog.ts';
import type { ConnectorFile, ConnectorTable } from '#model/pipeline.ts';

const NAME = String.raw`(?:"(?:[^"]|"")+"|[A-Za-z_][\w$]*)`;
/** What a statement writes to. `DO UPDATE SET` of an upsert names no table. */
const TARGET = new RegExp(
  String.raw`(?<!\b(?:DO|THEN)\s+)\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|MERGE\s+INTO)\s+(?:ONLY\s+)?(${NAME}(?:\s*\.\s*${NAME})*)`,
  'gi',
);

/** A table's full name as SQL writes it, `app.public."Beat"`; its schema is public where none is given. */
function tableNamed(text: string): TableId {
  const parts = [...text.matchAll(new RegExp(NAME, 'g'))].map(([part]) =>
    part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part.toLowerCase(),
  );
  const name = parts.at(-1) ?? '';
  return `${parts.at(-2) ?? 'public'}.${name}`;
}

/**
 * The tables that source connectors write themselves, by their configuration: what a heartbeat's query writes to, and
 * where signals go, in which an incremental snapshot leaves its marks. Their rows never come to rest.
 */
export function connectorTables(sources: readonly ConnectorFile[]): ConnectorTable[] {
  const found = new Map<TableId, ConnectorTable>();
  for (const { file, config } of sources) {
    const query = config['heartbeat.action.query'] ?? '';
    for (const [, target = ''] of query.matchAll(TARGET)) {
      const table = tableNamed(target);
      found.set(table, { table, property: 'heartbeat.action.query', file });
    }
    const signals = config['signal.data.collection']?.trim();
    if (signals === undefined || signals === '') continue;
    // Debezium compares this name with the catalog's as it is: nothing is folded.
    const [name = '', schema = 'public'] = signals.split('.').toReversed();
    const table = `${schema}.${name}`;
    if (!found.has(table)) found.set(table, { table, property: 'signal.data.collection', file });
  }
  return [...found.values()];
}
