import type { DiagnosisFacts } from '#model/cause.ts';
import { ANOMALIES, type Anomaly, type Finding } from '#model/finding.ts';
import type { OwnConnector } from '#model/pipeline.ts';

/** Facts in which nothing is known but what a test gives; the counts follow from the findings. */
export function factsWith(given: Partial<DiagnosisFacts> = {}): DiagnosisFacts {
  const findings = given.findings ?? [];
  const counted = ANOMALIES.map((anomaly): [Anomaly, number] => [
    anomaly,
    findings.filter((finding) => finding.anomaly === anomaly).length,
  ]);
  return {
    subject: { name: 'warehouse', kind: 'connect-sink', connectors: [], lacking: [] },
    sources: [],
    fault: { kind: 'none', bit: true, figures: {} },
    counts: Object.fromEntries(counted.filter(([, count]) => count > 0)),
    findings,
    words: [],
    tables: [],
    versions: {},
    ...given,
  };
}

/** A finding of a row of `public.items`. */
export function findingOf(anomaly: Anomaly, more: Partial<Finding> = {}): Finding {
  return { anomaly, table: 'public.items', key: '["1"]', hop: 'log-to-sink', detail: '', ...more };
}

/** A wrong value in one column. */
export function wrongValue(
  column: string,
  source: string | null,
  sink: string | null,
  more: Partial<Finding> = {},
): Finding {
  return findingOf('corrupt', { column, differs: [{ column, source, sink }], ...more });
}

export function sourceConnector(config: Readonly<Record<string, string>>): OwnConnector {
  return { name: 'app-source', file: 'source.json', config };
}

export function jdbcSink(config: Readonly<Record<string, string>> = {}): OwnConnector {
  return {
    name: 'warehouse',
    file: 'sink.json',
    config: {
      'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector',
      'insert.mode': 'upsert',
      'primary.key.mode': 'record_key',
      'delete.enabled': 'true',
      ...config,
    },
  };
}
