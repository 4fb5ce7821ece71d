import type { EachBatchPayload } from 'kafkajs';
import { expect, test } from 'vitest';
import { engineOf, SOURCE_READERS } from '#engines/index.ts';
import { converterFor } from '#log/convert.ts';
import { decodeChangeEvent, decodeContext, isPoison } from '#log/decode.ts';
import type { ConverterFor } from '#log/wire.ts';
import type { ChangeEvent } from '#model/change-event.ts';
import type { KeyObservation } from '#model/observation.ts';
import type { Row } from '#model/values.ts';
import { hopOfValues } from '../../judge/hop.ts';
import { differences } from '../../judge/rows.ts';
import { batchReader } from '../batch-reader.ts';

const SOURCE_ROW: Row = { id: '1', at: '2024-02-29 12:34:56.789012' };

const ROW = {
  type: 'struct',
  fields: [
    { field: 'id', type: 'int64' },
    { field: 'at', type: 'int64', name: 'io.debezium.time.MicroTimestamp' },
  ],
};

const VALUE = Buffer.from(
  JSON.stringify({
    schema: {
      type: 'struct',
      fields: [
        { ...ROW, field: 'after' },
        { type: 'struct', field: 'source' },
        { type: 'string', field: 'op' },
      ],
    },
    payload: {
      after: { id: 1, at: 1_709_210_096_789_012 },
      source: { connector: 'postgresql', schema: 'public', table: 't', lsn: 5 },
      op: 'c',
    },
  }),
);

const RECORD = { topic: 'p.public.t', partition: 0, offset: '0', timestamp: '1', key: null, value: VALUE };

/** A decoder with a bug: it loses what is less than a millisecond. */
const cutting: ConverterFor = (schema) => {
  const convert = converterFor(schema);
  if (schema.name !== 'io.debezium.time.MicroTimestamp') return convert;
  return (raw) => convert(Math.floor(Number(raw) / 1000) * 1000);
};

/** What an applier with this decoder would write. */
function applied(converter: ConverterFor): Row {
  const event = decodeChangeEvent(RECORD, decodeContext(SOURCE_READERS, new Map(), converter));
  if (event === undefined || isPoison(event)) throw new Error('the record could not be read');
  return event.after as Row;
}

/** What the verifier reads of the same record. */
async function observed(): Promise<Row> {
  const seen: ChangeEvent[] = [];
  const { take } = batchReader({
    tables: new Map([[RECORD.topic, [{ topic: RECORD.topic, table: 'public.t' }]]]),
    block: engineOf({ engine: 'postgres' }).source.block,
    naming: undefined,
    index: { add: (event) => seen.push(event) },
    clock: { note: () => {}, noteTombstone: () => {} },
    undecoded: { add: () => {} },
    positions: new Map(),
    incomplete: new Set(),
    onEvent: undefined,
  });
  const batch = { topic: RECORD.topic, partition: 0, messages: [RECORD], lastOffset: () => '0' };
  await take({ batch } as unknown as EachBatchPayload);
  return seen[0]?.after as Row;
}

function judged(image: Row, sink: Row) {
  const log = { image, consumed: true } as unknown as NonNullable<KeyObservation['log']>;
  const observation = { source: SOURCE_ROW, sink: [sink], log } as unknown as KeyObservation;
  return hopOfValues(observation, differences(SOURCE_ROW, sink));
}

test("a bug in the applier's decoder is found behind the log, not blamed on the capture", async () => {
  const sink = applied(cutting);
  expect(sink.at).toBe('2024-02-29 12:34:56.789');
  const image = await observed();
  expect(image).toEqual(SOURCE_ROW);
  expect(judged(image, sink)).toBe('log-to-sink');
  // One decoder for both is what would blame the capture.
  expect(judged(sink, sink)).toBe('source-to-log');
});
