import type { Decision, Decisions } from '#contracts/decision.ts';
import type { LabReport, LabVariant } from '#contracts/lab-report.ts';
import type { LabConnectors, LabLags } from '#contracts/lab-stack.ts';
import { decide } from '#diagnosis/decide/decide.ts';
import type { ConnectorFacts, VariantFacts } from '#model/decision.ts';
import type { VariantSpec } from '#model/pipeline.ts';
import { toldGone } from '#model/position.ts';
import type { LiveLab } from './open-lab.ts';

/** What is to be done about every connector and variant of a lab, as it is now. */
export async function decisionsOf(lab: LiveLab): Promise<Decisions> {
  const [report, lags, connectors] = [lab.report(), lab.lags(), await lab.connectors()];
  return labDecisions({ report, lags, connectors, specs: lab.options.variants });
}

/** What the lab says of itself, as far as decisions need it. */
interface DecideInputs {
  readonly report: LabReport;
  readonly lags: LabLags;
  readonly connectors: LabConnectors;
  readonly specs: Readonly<Record<string, VariantSpec>>;
}

/** What is to be done about every connector and variant of the live lab. `GET /api/v1/decide` */
export function labDecisions({ report, lags, connectors, specs }: DecideInputs): Decisions {
  const decisions = decide({
    connectors: connectors.connectors.map(connectorFacts),
    variants: report.variants.map((one) => variantFacts(one, { report, lags, specs })),
    command: labCommand,
  });
  return { decided_at: report.lab.now, decisions };
}

/** A recovery of the lab as it is typed. */
function labCommand(recovery: string, { about, subject }: Pick<Decision, 'about' | 'subject'>): string {
  return `driftlab recover ${recovery}${about === 'variant' ? ` --variant ${subject}` : ''} --apply`;
}

function variantFacts(
  one: LabVariant,
  { report, lags, specs }: Pick<DecideInputs, 'report' | 'lags' | 'specs'>,
): VariantFacts {
  const { variant, status, consumer, lag, tables, anomalies, examples, causes, reason } = one;
  const group = lags.groups.find((other) => other.variant === variant);
  const told = report.alerts.filter((alert) => alert.variant === variant).map(({ records_gone }) => records_gone);
  return {
    ...{ variant, status, consumer, tables, anomalies, causes },
    ...{ lag_records: lag.records, lag_ms: lag.ms, retention_ms: lags.retention_ms },
    records_gone: Math.max(toldGone(group?.partitions ?? []), ...told),
    hops: [...new Set(examples.flatMap(({ hop }) => hop ?? []))],
    dedup: specs[variant]?.mode === 'dedup',
    ...(reason === undefined ? {} : { reason }),
  };
}

function connectorFacts({
  name,
  type,
  state,
  tasks,
  error,
  worker,
}: LabConnectors['connectors'][number]): ConnectorFacts {
  return { connector: name, causes: [], ...{ type, state, tasks, error, worker } };
}
