import type { Cause, DiagnosisFacts } from '#model/cause.ts';
import type { SetUpCause, SetUpFacts, SetUpFix } from '#model/set-up.ts';
import { bareFacts, diagnose } from '../diagnose.ts';
import type { SetUpFound } from './entry.ts';
import { quoted } from './sql.ts';
import { evidenceOf, type Failed, failedConnectors } from './traces.ts';

/**
 * What the causes of a report say of connectors that have failed, by their words and their configurations alone: of those that the
 * words themselves show, and that explain why nothing comes any more.
 */
export function reportedCauses(facts: SetUpFacts): readonly (SetUpFound & Pick<SetUpCause, 'code' | 'docs'>)[] {
  return failedConnectors(facts).flatMap((failed) =>
    diagnose(asReport(failed, facts))
      .filter(({ certainty, anomalies }) => certainty === 'shown' && anomalies.includes('stalled'))
      .map((cause) => ({ ...asSetUp(cause, failed, facts), explains: failed.side })),
  );
}

function asReport({ side, read, failures }: Failed, { target }: SetUpFacts): DiagnosisFacts {
  const { name, config = {} } = read;
  const own = { name, file: `the configuration of ${name}`, config };
  const bare = bareFacts(name);
  return {
    ...bare,
    subject: { ...bare.subject, kind: 'connect-sink', connectors: side === 'sink' ? [own] : [] },
    ...(target !== undefined && 'read' in target && target.read.state && { sink: target.read.state }),
    sources: side === 'source' ? [own] : [],
    counts: { stalled: 1 },
    findings: [{ anomaly: 'stalled', hop: side === 'sink' ? 'log-to-sink' : 'source-to-log', detail: '' }],
    words: failures.map(({ trace }) => ({ from: side === 'sink' ? 'sink-task' : 'source-task', name, text: trace })),
  };
}

/** A remedy that is a statement, and what may stand behind it. */
const STATEMENT = /^at the (sink|source): ([^;]+);(?: \((.+)\))?$/;

/** Whom a right is given to, where that is only a name of PostgreSQL's that the connector has. */
function toWhom(sql: string, { read: { config = {} } }: Failed): string {
  const user = config['connection.username'];
  if (user === undefined || !config['connection.url']?.startsWith('jdbc:postgresql:')) return sql;
  return sql.replace(/ TO …$/, ` TO ${quoted(user)}`);
}

function asSetUp(
  { code, says, evidence, remedy, docs }: Cause,
  failed: Failed,
  { pipeline, source, target }: SetUpFacts,
): SetUpCause {
  const [first = '', ...others] = remedy;
  const [, end, found, more] = STATEMENT.exec(first) ?? [];
  const sql = found && toWhom(found, failed);
  const place = (end === 'source' ? source : target)?.place;
  const fix: SetUpFix =
    sql === undefined
      ? { by: 'hand', at: `the connector ${failed.read.name}`, run: [first] }
      : { by: 'sql', at: `the ${end === 'source' ? 'source' : 'target'}${place ? ` ${place.where}` : ''}`, run: [sql] };
  const [failure] = failed.failures;
  return {
    ...{ code, says, docs, fix, certainty: 'shown' },
    evidence: [...evidence, ...(failure === undefined ? [] : [evidenceOf(failed, failure)])],
    notes: [...(more === undefined ? [] : [more]), ...others.map((other) => `or ${other}`)],
    check: [pipeline.commands.status],
  };
}
