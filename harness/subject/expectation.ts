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
  if (within?.[1] !== undefined) return { kind: 'converges', withinMs: secondsOf(within[1], at) * 1000 };
  if (within !== null) return { kind: 'converges' };
  const [, must = '', may = ''] = /^shows ([^(]*?)\s*(?:\(may (.*)\))?$/.exec(text) ?? [];
  const wanted = anomaliesOf(must, at);
  const allowed = new Set<Anomaly>([...anomaliesOf(may, at), ...FOLLOWS]);
  return { kind: 'shows', must: wanted, may: [...allowed].filter((anomaly) => !wanted.includes(anomaly)) };
}

const SECONDS_MAX = 86_400;

function secondsOf(text: string, at: string): number {
  const seconds = Number(text);
  if (seconds > 0 && seconds <= SECONDS_MAX) return seconds;
  throw new OperatorError({
    code: 'pipeline-invalid',
    message: `${at}: ${text} s is out of range`,
    expected: `converges within a time from 0.001s to ${SECONDS_MAX}s`,
    found: `converges within ${text}s`,
  });
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
