import { ENGINE_NAMES } from '#engines/index.ts';
import type { Topology } from '#model/stack.ts';
import { FAULT_NAMES, type FaultEntry, type FaultName, fault } from './fault-schema.ts';

const text = { type: 'string', minLength: 1 } as const;
const texts = (description: string) =>
  ({ description, oneOf: [text, { type: 'array', items: text, minItems: 1 }] }) as const;
const env = {
  description: 'Environment variables beside those that Driftlab sets.',
  type: 'object',
  additionalProperties: { type: ['string', 'number', 'boolean'] },
} as const;
const command = { description: "A shell's command line, run in the pipeline file's folder.", ...text } as const;

const engine = (side: string, otherwise: string) =>
  ({
    description: `The ${side}'s database: ${ENGINE_NAMES.join(', ').replace(/, ([^,]*)$/, ' or $1')}. Default: ${otherwise}.`,
    enum: ENGINE_NAMES,
  }) as const;

const connector = {
  description:
    'A file with a connector as it is deployed (JSON, .properties, a KafkaConnector or Connector resource; file.yaml#name for one of several), or its properties themselves.',
  oneOf: [text, { type: 'object', minProperties: 1 }],
} as const;
const connectors = (description: string) =>
  ({
    description,
    oneOf: [...connector.oneOf, { type: 'array', items: connector, minItems: 1, maxItems: 100 }],
  }) as const;

const table = {
  description: 'One source table at the sink. False: it is not compared.',
  oneOf: [
    { const: false },
    { description: "The sink's table, if only its name differs.", ...text },
    {
      type: 'object',
      additionalProperties: false,
      properties: {
        table: {
          description: "The sink's table; its schema is the engine's own (public) where none is given.",
          ...text,
        },
        rename: {
          description: 'Source column: sink column.',
          type: 'object',
          additionalProperties: text,
        },
        exclude: { description: 'Source columns that the sink has not.', type: 'array', items: text },
        transform: {
          description: 'Source column: SQL over the source row that gives what the sink has in that column.',
          type: 'object',
          additionalProperties: text,
        },
        extra: { description: 'Columns that the sink alone has.', type: 'array', items: text },
        exact: {
          description: 'Compares numbers with their scale, so that 3.0 is not 3. Default: by value.',
          type: 'boolean',
        },
        deleted: {
          description: 'Soft deletes: SQL over the sink row that holds of rows that count as deleted.',
          ...text,
        },
        history: {
          description: 'An append-only table: the latest row of each key is compared, or all of them.',
          type: 'object',
          additionalProperties: false,
          minProperties: 1,
          maxProperties: 1,
          properties: {
            latest: { description: 'SQL over the sink row; the row in which it is highest counts.', ...text },
            versions: {
              description: 'all: the sink must have every version that the row ever had, each once.',
              enum: ['all'],
            },
          },
        },
      },
    },
  ],
} as const;

const subject = {
  description: 'One way of getting the events into a sink. Exactly one of connector, connectors, command and builtin.',
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  oneOf: [
    { required: ['connector'] },
    { required: ['connectors'] },
    { required: ['command'] },
    { required: ['builtin'] },
  ],
  properties: {
    name: {
      description: 'Its column in the matrix: a lower-case letter, then letters, digits, _ and -, 31 at most.',
      type: 'string',
      pattern: '^[a-z][a-z0-9_-]{0,30}$',
    },
    connector: connectors('A Kafka Connect sink connector: its file or its properties. Or several that fill one sink.'),
    connectors: connectors('The sink connectors that fill one sink together: one for each table, say.'),
    command,
    env,
    restart: { description: 'Whether the program is started again after a crash.', type: 'boolean', default: true },
    builtin: { description: "The lab's own applier.", enum: ['insert', 'upsert', 'dedup'] },
    mapping: {
      description: "How this subject's tables belong to the source's: an entry here stands in place of the file's.",
      type: 'object',
      additionalProperties: table,
    },
  },
} as const;

const expectation = {
  description:
    'converges, converges within 30s, or shows followed by anomalies, each of which must be seen: shows orphan, stale (may lost).',
  type: 'string',
  pattern: '^(converges( within \\d+(\\.\\d+)?s)?|shows [a-z-]+(, ?[a-z-]+)*( \\(may [a-z-]+(, ?[a-z-]+)*\\))?)$',
} as const;

/** What a pipeline file may hold; published as docs/pipeline.schema.json. */
export const PIPELINE_SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Driftlab pipeline file',
  description: 'Your own pipeline as the subject of driftlab test. Paths are relative to the file.',
  type: 'object',
  additionalProperties: false,
  required: ['source'],
  properties: {
    $schema: { type: 'string' },
    name: {
      description: "The run's name: a lower-case letter, then letters, digits and -, 31 at most.",
      type: 'string',
      pattern: '^[a-z][a-z0-9-]{0,30}$',
    },
    source: {
      type: 'object',
      additionalProperties: false,
      required: ['schema'],
      properties: {
        engine: engine('source', "what the connector's class says, else postgres"),
        database: {
          description:
            "MariaDB and MySQL: the database's name, where the connector's lists of databases and tables do not say it.",
          ...text,
        },
        schema: texts('SQL files that create and fill the source, in order.'),
        sql_after_start: texts('SQL files that run once the schema stands: publications, roles, settings.'),
      },
    },
    connector: connectors('Your Debezium connector: its file or its properties. Several where you run several.'),
    sink: {
      type: 'object',
      additionalProperties: false,
      properties: {
        engine: engine('sink', 'what connection.url of the sink connectors says, else postgres'),
        schema: texts("SQL files that make the sink's tables. Default: tables as the source's."),
      },
    },
    subjects: {
      description: 'What is tested, side by side: a list, each with a name.',
      type: 'array',
      items: subject,
      minItems: 1,
    },
    control: { description: "Whether the lab's own dedup applier runs beside.", type: 'boolean' },
    mapping: {
      description: 'Source table (schema.name): how it appears at the sink. What agrees by name needs no entry.',
      type: 'object',
      additionalProperties: table,
    },
    writer: {
      description: 'What writes to the source. Default: the built-in generic writer.',
      type: 'object',
      additionalProperties: false,
      properties: {
        command,
        env,
        rate: {
          description: 'Transactions per second of the built-in writer.',
          type: 'number',
          minimum: 0.1,
          maximum: 100_000,
        },
        tables: {
          description: 'Tables that the built-in writer writes. Default: all it can.',
          type: 'array',
          items: text,
        },
      },
    },
    plugins: texts('Folders with Connect plugins (connectors, transforms, converters) that your configurations need.'),
    brokers: {
      description: 'How many Kafka brokers the lab starts; --brokers goes before it. Default: 1.',
      enum: [1, 3],
    },
    workers: {
      description: 'How many workers each group of Kafka Connect has; --workers goes before it. Default: 1.',
      type: 'integer',
      minimum: 1,
      maximum: 4,
    },
    format: {
      description:
        'How the workers write records where a connector names no converter; --format goes before it. Default: json.',
      enum: ['json', 'avro', 'plain'],
    },
    faults: {
      description: 'Which faults, in which order. Default: every fault that this pipeline supports.',
      type: 'array',
      items: fault,
      minItems: 1,
    },
    expect: {
      description: 'What each fault must show: of every subject, or of single ones. Default: converges.',
      type: 'object',
      propertyNames: { enum: FAULT_NAMES },
      additionalProperties: { oneOf: [expectation, { type: 'object', additionalProperties: expectation }] },
    },
  },
} as const;

/** A file, or the properties themselves. */
export type ConnectorEntry = string | Readonly<Record<string, unknown>>;

type Mapping = Readonly<Record<string, string | false | TableEntry>>;

export interface SubjectEntry {
  readonly name: string;
  readonly connector?: ConnectorEntry | readonly ConnectorEntry[];
  readonly connectors?: ConnectorEntry | readonly ConnectorEntry[];
  readonly command?: string;
  readonly env?: Readonly<Record<string, string | number | boolean>>;
  readonly restart?: boolean;
  readonly builtin?: 'insert' | 'upsert' | 'dedup';
  readonly mapping?: Mapping;
}

export interface TableEntry {
  readonly table?: string;
  readonly rename?: Readonly<Record<string, string>>;
  readonly exclude?: readonly string[];
  readonly transform?: Readonly<Record<string, string>>;
  readonly extra?: readonly string[];
  readonly exact?: boolean;
  readonly deleted?: string;
  readonly history?: { readonly latest?: string; readonly versions?: 'all' };
}

/** A pipeline file that {@link PIPELINE_SCHEMA} allows. */
export interface PipelineFile {
  readonly name?: string;
  readonly source: {
    readonly engine?: string;
    readonly database?: string;
    readonly schema: string | readonly string[];
    readonly sql_after_start?: string | readonly string[];
  };
  readonly connector?: ConnectorEntry | readonly ConnectorEntry[];
  readonly sink?: { readonly engine?: string; readonly schema?: string | readonly string[] };
  readonly subjects?: readonly SubjectEntry[];
  readonly control?: boolean;
  readonly mapping?: Mapping;
  readonly writer?: {
    readonly command?: string;
    readonly env?: Readonly<Record<string, string | number | boolean>>;
    readonly rate?: number;
    readonly tables?: readonly string[];
  };
  readonly plugins?: string | readonly string[];
  readonly brokers?: number;
  readonly workers?: number;
  readonly format?: NonNullable<Topology['format']>;
  readonly faults?: readonly (FaultName | FaultEntry)[];
  readonly expect?: Readonly<Partial<Record<FaultName, string | Readonly<Record<string, string>>>>>;
}
