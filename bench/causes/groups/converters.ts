import type { Configuration } from '../../cases/situation.ts';
import { type Group, table } from '../planting.ts';

const JSON_CONVERTER = 'org.apache.kafka.connect.json.JsonConverter';

const converters = (converter: string, more: Configuration = {}): Configuration =>
  Object.fromEntries(
    ['key', 'value'].flatMap((side) => [
      [`${side}.converter`, converter],
      ...Object.entries(more).map(([name, value]) => [`${side}.converter.${name}`, value]),
    ]),
  );
const SCHEMALESS = converters(JSON_CONVERTER, { 'schemas.enable': 'false' });

/** Converters of source and sink that do not fit each other. */
export const converting: Group = {
  id: 'converters',
  about: 'converters that do not fit each other',
  plantings: [
    {
      code: 'schemas-off-at-source',
      tables: [table('gauges', 'level integer', 'g')],
      source: SCHEMALESS,
      connector: converters(JSON_CONVERTER),
    },
    {
      code: 'schemas-off-for-sink',
      tables: [table('meters', 'level integer', 'g')],
      source: SCHEMALESS,
      connector: SCHEMALESS,
    },
    {
      code: 'converter-mismatch',
      tables: [table('probes', 'level integer', 'g')],
      source: converters('org.apache.kafka.connect.storage.StringConverter'),
      connector: converters(JSON_CONVERTER),
    },
    {
      name: 'sound',
      tables: [table('notes', 'body text', `'n' || g`)],
      connector: converters(JSON_CONVERTER, { 'schemas.enable': 'true' }),
    },
  ],
};
