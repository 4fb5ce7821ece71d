import { messageOf } from '#std/errors.ts';
import type { ReconcileReport } from './report.ts';

const LIMIT_MS = 10_000;

/** A run's figures in Prometheus' text format. */
export function metricsOf(report: ReconcileReport): string {
  const lines: string[] = [];
  const gauge = (name: string, help: string, values: readonly (readonly [labels: string, value: number])[]) => {
    lines.push(`# HELP driftlab_reconcile_${name} ${help}`, `# TYPE driftlab_reconcile_${name} gauge`);
    for (const [labels, value] of values) lines.push(`driftlab_reconcile_${name}${labels} ${value}`);
  };
  gauge('success', 'Whether all tables match (1) or not (0).', [['', report.status === 'FAIL' ? 0 : 1]]);
  gauge('timestamp_seconds', 'When the run began.', [['', Date.parse(report.timestamp) / 1000]]);
  gauge('duration_seconds', 'How long the run took.', [['', report.duration_ms / 1000]]);
  gauge('tables', 'Tables compared, by result.', [
    ['{result="matched"}', report.tables_matched],
    ['{result="mismatched"}', report.tables_mismatched],
  ]);
  const perTable = (side: string, of: (table: ReconcileReport['tables'][number]) => number) =>
    report.tables.map((table) => [`{table="${label(table.table)}"${side}}`, of(table)] as const);
  gauge('rows', 'Rows of a table, by side.', [
    ...perTable(',side="source"', ({ source_rows }) => source_rows),
    ...perTable(',side="target"', ({ target_rows }) => target_rows),
  ]);
  gauge('differing_rows', 'Rows that differ, by kind.', [
    ...perTable(',kind="missing"', ({ missing_rows }) => missing_rows),
    ...perTable(',kind="extra"', ({ extra_rows }) => extra_rows),
    ...perTable(',kind="changed"', ({ changed_rows }) => changed_rows ?? 0),
  ]);
  return `${lines.join('\n')}\n`;
}

function label(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** Sends the figures to a Pushgateway, and after a failure a message to a webhook. Returns what went wrong; never throws. */
export async function notify(
  report: ReconcileReport,
  { pushgateway, webhook }: { readonly pushgateway?: string | undefined; readonly webhook?: string | undefined },
  signal: AbortSignal,
): Promise<string[]> {
  const problems: string[] = [];
  const send = async (what: string, url: string, method: string, type: string, body: string) => {
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
      const response = await fetch(url, { method, body, headers: { 'content-type': type }, signal: limit });
      await response.body?.cancel();
      if (!response.ok) problems.push(`${what} answered ${response.status}`);
    } catch (error) {
      problems.push(`${what} could not be reached: ${causeOf(error)}`);
    }
  };
  if (pushgateway !== undefined) {
    const url = /\/metrics\/job\//.test(pushgateway)
      ? pushgateway
      : `${pushgateway.replace(/\/$/, '')}/metrics/job/driftlab_reconcile`;
    await send('the Pushgateway', url, 'PUT', 'text/plain; version=0.0.4', metricsOf(report));
  }
  if (webhook !== undefined && report.status === 'FAIL') {
    const text = [`Reconciliation failed. ${report.summary}`, ...report.recommendations].join('\n');
    await send('the webhook', webhook, 'POST', 'application/json', JSON.stringify({ text }));
  }
  return problems;
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return messageOf(cause);
}
