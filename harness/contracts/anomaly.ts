import { oneOf, optional, type Said, shape, whole } from './schema.ts';
import { ANOMALIES, type Anomaly, VERDICTS } from './words.ts';

export const verdictShape = oneOf(VERDICTS);

export const anomalyShape = oneOf(ANOMALIES);

const count = optional(whole());

/** How many of each class; a class that is not there has none. */
export const countsShape = shape(
  Object.fromEntries(ANOMALIES.map((anomaly) => [anomaly, count])) as Readonly<Record<Anomaly, typeof count>>,
);

export type AnomalyCounts = Said<typeof countsShape>;
