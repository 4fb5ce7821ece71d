import { anomalyShape } from './anomaly.ts';
import { list, map, nullable, oneOf, optional, type Said, shape, text, whole } from './schema.ts';

/** A row in canonical text, by column name. */
const row = map(nullable(text()));

const event = shape({
  topic: text(),
  partition: whole(),
  offset: text('as text, since it may exceed a JSON number'),
  lsn: optional(text('as text, since it may exceed a JSON number')),
  position: optional(text("the LSN as the source's engine writes it: 0/1A2B3C4, mariadb-bin.000003:1234#2")),
  op: text(),
  txn: optional(text()),
});

/** One anomaly, with its evidence: the three states of its key. */
export const findingProperties = {
  anomaly: anomalyShape,
  table: optional(text('absent only where the anomaly concerns the whole pipeline')),
  key: optional(text("JSON array of the key columns' canonical texts")),
  column: optional(text()),
  txn: optional(text("the source's transaction, where the anomaly concerns one as a whole")),
  hop: optional(oneOf(['source-to-log', 'log', 'log-to-sink'], 'where it went wrong')),
  source: optional(row),
  sink: optional(list(row, 'the rows of the sink that have this key; of many some, among them one that differs')),
  copies: optional(whole('how many rows the sink has, where not all are shown')),
  differs: optional(list(shape({ column: text(), source: nullable(text()), sink: nullable(text()) }))),
  event: optional(event),
  collides: optional(
    text('another source table whose rows go to the same table of the sink, and which has a row of this key'),
  ),
  detail: text('one sentence: what was seen'),
};

const findingShape = shape(findingProperties);

/** A finding as reports and the live lab have it. */
export type ToldFinding = Said<typeof findingShape>;
