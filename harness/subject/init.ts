/** What is known of a pipeline before its file is written. */
export interface InitAnswers {
  readonly schema?: string;
  /** The Debezium connector's configuration. */
  readonly connector?: string;
  /** A Kafka Connect sink's configuration. */
  readonly sink?: string;
  /** A consumer's command line. */
  readonly command?: string;
  /** A load generator's command line. */
  readonly writer?: string;
}

/** What `driftlab init` asks, in this order; an empty answer leaves a part to the lab. */
export const QUESTIONS: readonly { readonly part: keyof InitAnswers; readonly ask: string }[] = [
  { part: 'schema', ask: 'SQL file that creates and fills the source (pg_dump --inserts --no-owner, or mariadb-dump)' },
  { part: 'connector', ask: "Debezium connector's configuration, JSON (empty: the lab's own)" },
  { part: 'sink', ask: 'Kafka Connect sink configuration, JSON (empty: none)' },
  { part: 'command', ask: 'command line of a consumer of your own (empty: none)' },
  { part: 'writer', ask: 'command line of a load generator (empty: the built-in writer)' },
];

/** A value as YAML that means just this text. */
function scalar(text: string): string {
  return /^[\w./-]+$/.test(text) && !/^(true|false|null|yes|no|[\d.]+)$/i.test(text) ? text : JSON.stringify(text);
}

function subjects({ sink, command }: InitAnswers): string[] {
  if (sink === undefined && command === undefined)
    return [
      '# What is tested, side by side. Default: the Debezium JDBC sink and the dedup applier of the lab.',
      '# subjects:',
      '#   - name: warehouse',
      '#     connector: sink.json          # a Kafka Connect sink, as it is deployed',
      '#   - name: loader',
      '#     command: exec python3 loader.py   # told: KAFKA_BROKERS, TOPICS, CONSUMER_GROUP, SINK_URL, …',
      '#     restart: true                 # started again after a crash',
    ];
  return [
    '# What is tested, side by side.',
    'subjects:',
    ...(sink === undefined ? [] : ['  - name: sink', `    connector: ${scalar(sink)}`]),
    ...(command === undefined
      ? []
      : [
          '  - name: consumer',
          `    command: ${scalar(command)}   # told: KAFKA_BROKERS, TOPICS, CONSUMER_GROUP, SINK_URL, …`,
          '    restart: true   # started again after a crash',
        ]),
    "# The lab's own dedup applier beside them, for comparison.",
    'control: true',
  ];
}

/** A commented pipeline file. */
export function pipelineText(answers: InitAnswers, schemaFile: string): string {
  const { connector, writer } = answers;
  return `${[
    `# yaml-language-server: $schema=${schemaFile}`,
    '# Your pipeline as the subject of Driftlab: npx driftlab test THIS_FILE. All of it: docs/your-pipeline.md.',
    '# Paths are relative to this file. Only source.schema is needed; every other part falls back to the lab’s own.',
    '',
    'source:',
    `  schema: ${scalar(answers.schema ?? 'schema.sql')}   # SQL that creates and fills the tables; several: [a.sql, b.sql]`,
    '  # sql_after_start: publications.sql',
    '  # engine: mariadb   # default: what the connector reads, else postgres',
    '',
    "# Your Debezium connector's configuration, as it is deployed. Addresses and credentials are replaced, and listed.",
    connector === undefined ? '# connector: source.json' : `connector: ${scalar(connector)}`,
    '# plugins: plugins/   # folders with transforms or converters that it needs',
    '',
    ...subjects(answers),
    '',
    "# SQL that makes the sink's tables. Default: tables as the source's.",
    '# sink:',
    '#   schema: warehouse.sql',
    '#   engine: mariadb   # default: what the sink connectors write to, else postgres',
    '',
    '# Where the sink is not as the source. What agrees by name needs no entry.',
    '# mapping:',
    '#   public.accounts:',
    '#     table: dwh.dim_account',
    '#     rename: { email: mail }             # source column: sink column',
    '#     exclude: [password]',
    '#     transform: { plan: upper(plan) }    # SQL over the source row',
    '#     extra: [loaded_at]                  # the sink’s own columns',
    '#     deleted: deleted_at IS NOT NULL     # soft deletes',
    '#   public.sessions: false                # not compared',
    '',
    '# What writes. Default: the built-in writer, which makes rows that the tables take.',
    writer === undefined
      ? '# writer:\n#   command: exec pgbench --no-vacuum --client 4 --rate 50 --time 600   # told: SOURCE_URL, PGHOST, PGPORT, …'
      : `writer:\n  command: ${scalar(writer)}   # told: SOURCE_URL, PGHOST, PGPORT, …`,
    '',
    '# Which faults, in which order. Default: every fault that this pipeline supports.',
    '# faults: [none, restart-connector, pause-consumers, crash-consumers, truncate]',
    '',
    '# What must be seen, so that the file is a regression test. Default: every subject converges.',
    '# expect:',
    '#   restart-connector: converges within 60s',
    '#   truncate: { warehouse: shows orphan }',
  ].join('\n')}\n`;
}
