import { sourceConnector, wrongValue } from '#testing/diagnosis-facts.ts';
import { confluentSubject, items, sinkSubject, sourceState, testPlantings } from '#testing/planting.ts';
import { ALTERED } from './altered.ts';

const tables = [items({ body: 'text', price: 'numeric(20,2)', at: 'timestamp with time zone' })];
const text = [wrongValue('body', 'long', 'other')];

testPlantings(ALTERED, {
  'toast-placeholder': {
    facts: {
      ...{ tables, source: sourceState() },
      findings: [wrongValue('body', 'long text', '__debezium_unavailable_value')],
    },
    advises: 'ALTER TABLE public.items REPLICA IDENTITY FULL;',
    control: { findings: text },
  },
  'decimal-as-double': {
    facts: {
      ...{ tables, sources: [sourceConnector({ 'decimal.handling.mode': 'double' })] },
      findings: [wrongValue('price', '12345678901234567.89', '12345678901234568')],
    },
    advises: 'decimal.handling.mode=precise',
    control: { findings: text },
  },
  'decimal-read-as-bytes': {
    facts: { tables, findings: [wrongValue('price', '12.34', 'BNI=')] },
    advises: 'decimal.handling.mode=string',
    control: { findings: [wrongValue('price', '12.34', '12.3')] },
  },
  'time-cut-to-ms': {
    facts: {
      ...{ tables, sources: [sourceConnector({ 'time.precision.mode': 'connect' })] },
      findings: [wrongValue('at', '2026-03-01T10:00:00.123456Z', '2026-03-01T10:00:00.123Z')],
    },
    advises: 'time.precision.mode=adaptive',
    control: { findings: text },
  },
  'time-zone-shift': {
    facts: {
      ...{ tables, subject: confluentSubject() },
      findings: [wrongValue('at', '2026-03-01T10:00:00Z', '2026-03-01T12:00:00Z')],
    },
    advises: 'db.timezone=UTC',
    control: {
      subject: sinkSubject(),
      findings: [wrongValue('at', '2026-03-01T10:00:00Z', '2026-03-01T10:07:13Z')],
    },
  },
});
