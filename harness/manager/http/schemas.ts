import { MODES, ON_EXISTING, SINKS } from '../pipeline.ts';

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: 'string' };
const whole: Schema = { type: 'integer' };
const flag: Schema = { type: 'boolean' };
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });
const time = orNull({ type: 'string', format: 'date-time' });
const list: Schema = { type: 'array', items: text };
const textOrList: Schema = { anyOf: [text, list] };

/** Every property must be there but for those named with a `?`. */
function shape(given: Readonly<Record<string, Schema>>): Schema {
  const required = Object.keys(given).filter((name) => !name.endsWith('?'));
  const properties = Object.fromEntries(Object.entries(given).map(([name, schema]) => [name.replace('?', ''), schema]));
  return { type: 'object', required, properties, additionalProperties: false };
}

const load = { rows: whole, rows_expected: whole, percent: whole };

/** The shape of `toldPipeline`. */
export const pipelineSchema = shape({
  name: text,
  mode: { type: 'string', enum: MODES },
  status: text,
  full_load_status: text,
  cdc_status: text,
  full_load_completed_at: time,
  full_load_lsn: orNull(text),
  full_load_rows: orNull(whole),
  debezium_connector_name: orNull(text),
  sink_connector_name: orNull(text),
  last_error: orNull(text),
  last_error_at: time,
  updated_at: { type: 'string', format: 'date-time' },
  source: text,
  target: text,
  tables: list,
  'on_existing?': { type: 'string', enum: ON_EXISTING },
  'sink?': { type: 'string', enum: SINKS },
  'objects?': shape({
    ...{ format: text, 'endpoint?': text, 'region?': text },
    ...{ 'every_seconds?': whole, 'cron?': text, 'flush_seconds?': whole },
  }),
  held: flag,
  progress: shape(load),
  loads: { type: 'array', items: shape({ table: text, loaded: flag, ...load }) },
});

export const pipelinesSchema = shape({ pipelines: { type: 'array', items: pipelineSchema } });

export const healthSchema = shape({ status: { type: 'string', enum: ['healthy'] } });

/** What is wrong in it is told by the property, in the same words as for a file: so no more is said of it here. */
export const definitionSchema: Schema = {
  type: 'object',
  properties: {
    name: text,
    source: text,
    target: text,
    tables: textOrList,
    mode: { type: 'string', examples: MODES },
    on_existing: { type: 'string', examples: ON_EXISTING },
    connect: textOrList,
    sink: { type: 'string', examples: SINKS },
    sink_connect: textOrList,
    brokers: textOrList,
    use_vault: flag,
    source_connect_password: text,
    target_connect_password: text,
    endpoint: text,
    region: text,
    format: text,
    every: text,
    cron: text,
    flush: text,
  },
};

export const startSchema: Schema = {
  type: ['object', 'null'],
  properties: {
    on_existing: { type: 'string', enum: ON_EXISTING },
    jobs: { type: 'integer', minimum: 1, maximum: 64 },
  },
  additionalProperties: false,
};

/** The shape of a `SetUpDiagnosis`. */
export const diagnosisSchema = shape({
  pipeline: text,
  status: text,
  causes: {
    type: 'array',
    items: shape({
      ...{ code: text, says: text, evidence: list },
      fix: shape({ by: { type: 'string', enum: ['sql', 'command', 'hand'] }, at: text, run: list }),
      ...{ notes: list, check: list, docs: text },
      certainty: { type: 'string', enum: ['shown', 'likely', 'unknown'] },
    }),
  },
  looked_at: list,
  last_error: orNull(text),
  last_error_at: time,
});
