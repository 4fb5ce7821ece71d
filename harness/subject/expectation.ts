import { ANOMALIES, type Anomaly } from '#model/finding.ts';
import type { Expectation } from '#model/scenario.ts';
import { commaList } from '#std/comma-list.ts';
import { OperatorError } from '#std/errors.ts';
import { nearest } from '#std/nearest.ts';

/** Seen beside whatever is wrong with a row that was written together with others. */
const FOLLOWS: readonly Anomaly[] = ['partial-transaction'];

/** `converges`, `converges within 30s`, `shows orphan, stale (may lost)` as an {@link Expectation}; `at` is where it stands. */
export function expectationOf(text: string, at: string): Expectation {
  const within = /^converges(?: within (\d+(?:\.\d+)?)s)?$/.exec(text);
  if (within !== null)
    return within[1] === undefined ? { kind: 'converges' } : { kind: 'converges', withinMs: Number(within[1]) * 1000 };
  const [, must = '', may = ''] = /^shows ([^(]*?)\s*(?:\(may (.*)\))?$/.exec(text) ?? [];
  const wanted = anomaliesOf(must, at);
  const allowed = new Set<Anomaly>([...anomaliesOf(may, at), ...FOLLOWS]);
  return { kind: 'shows', must: wanted, may: [...allowed].filter((anomaly) => !wanted.includes(anomaly)) };
}

function anomaliesOf(text: string, at: string): Anomaly[] {
  return commaList(text).map((name) => anomalyOf(name, at));
}

function anomalyOf(name: string, at: string): Anomaly {
  const found = ANOMALIES.find((anomaly) => anomaly === name);
  if (found !== undefined) return found;
  const [meant] = nearest(name, ANOMALIES);
  throw new OperatorError({
    code: 'unknown-anomaly',
    message: `${at}: there is no anomaly ${JSON.stringify(name)}`,
    expected: ANOMALIES.join(', '),
    found: name,
    ...(meant === undefined ? {} : { hint: `did you mean ${meant}?` }),
  });
}
