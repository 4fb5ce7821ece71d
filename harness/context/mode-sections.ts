import type { ContextFacts, ContextTable } from '#model/context.ts';
import { NEAR_RETENTION, toldGone } from '#model/position.ts';
import { listed, ofReading, type SectionMaker } from './section.ts';

const offsets: SectionMaker = {
  id: 'offset-state',
  title: 'Offset state',
  why: 'where each connector goes on after a restart, and what it will then send again',
  more: 'driftlab connector-status',
  lines: ({ configs, connectors, report }) => [
    ...connectors.map(
      ({ name, state, tasks, captured_lsn }) =>
        `${name}: ${state}, ${tasks.map((task) => `task ${task.id} ${task.state}`).join(', ')}` +
        (captured_lsn === null ? '' : `; captured up to ${captured_lsn}`),
    ),
    `checked up to ${report.cut_lsn ?? 'nothing yet'}`,
    ...ofReading(configs, (all) =>
      all.map(({ name, offsets: stored }) =>
        stored.length === 0
          ? `${name} has stored no offsets: a restart replays everything since its first snapshot`
          : `${name} stored ${stored.map((one) => JSON.stringify(one)).join(' ')}`,
      ),
    ),
    ...report.recovery_history
      .filter(({ type }) => type === 'restart')
      .map(
        ({ duration_seconds, events_replayed }) =>
          `a restart took ${duration_seconds} s and replayed ${events_replayed} events`,
      ),
  ],
};

export const configuration: SectionMaker = {
  id: 'connector-configuration',
  title: 'Connector configuration',
  why: 'what decides where a connector goes on and what it captures',
  more: 'driftlab connectors export NAME --connect lab',
  lines: ({ configs }) =>
    ofReading(configs, (all) =>
      all.flatMap(({ name, config }) => [
        `${name}:`,
        ...Object.entries(config)
          .toSorted(([left], [right]) => weight(right) - weight(left) || left.localeCompare(right))
          .map(([property, value]) => `  ${property}=${value}`),
      ]),
    ),
};

/** Properties on which a recovery turns come first. */
const TURNS_ON =
  /^(connector\.class|snapshot\.|slot\.|publication\.|offset|table\.include|topic\.prefix|topics|insert\.mode|primary\.key|schema\.evolution|delete\.enabled|errors\.|tasks\.max|consumer\.override)/;
const weight = (property: string): number => (TURNS_ON.test(property) ? 1 : 0);

const groups: SectionMaker = {
  id: 'group-metrics',
  title: 'Consumer group metrics',
  why: 'how far each group is behind, partition by partition',
  more: 'driftlab lag',
  lines: ({ lags }) =>
    lags.groups.flatMap(({ group, variant, lag, partitions }) => [
      `${group} (${variant}): ${lag.records} records, ${lag.ms} ms behind`,
      ...partitions.map(
        ({ topic, partition, committed, end, start, lag_records }) =>
          `  ${topic}/${partition}: committed ${committed}, log ${start} to ${end}, lag ${lag_records}`,
      ),
    ]),
};

const retention: SectionMaker = {
  id: 'retention',
  title: 'Retention, and whether records were lost',
  why: 'a lag within the retention is no loss; past it records are gone unread',
  more: 'driftlab lag',
  lines: ({ lags, report }) => [
    lags.retention_ms === null
      ? 'the topics keep records for ever'
      : `the topics keep records for ${lags.retention_ms} ms at least (retention.ms); alert at ${lags.retention_ms * NEAR_RETENTION} ms`,
    ...lags.groups.map(({ group, lag, partitions }) => {
      const gone = toldGone(partitions);
      const near = lags.retention_ms !== null && lag.ms > NEAR_RETENTION * lags.retention_ms;
      if (gone > 0) return `${group}: ${gone} records were removed unread: loss`;
      return `${group}: every record behind its position is still there: no loss${near ? ' yet, but near the retention' : ''}`;
    }),
    ...report.alerts.map(
      ({ text, until, records_gone }) =>
        `${until === null ? 'standing' : 'past'} alert: ${text} (${records_gone} records gone)`,
    ),
    ...report.variants.map(
      ({ variant, anomalies }) => `${variant}: ${anomalies.lost ?? 0} rows lost, ${anomalies.stale ?? 0} stale`,
    ),
  ],
};

function tableDdl({ table, key, columns }: ContextTable): string {
  const made = columns.map(({ name, type, nullable }) => `${name} ${type}${nullable ? '' : ' NOT NULL'}`);
  return `${table} (${[...made, ...(key.length === 0 ? [] : [`PRIMARY KEY (${key.join(', ')})`])].join(', ')})`;
}

const ddl: SectionMaker = {
  id: 'ddl',
  title: 'Tables before and after',
  why: 'which columns the source has gained, and which sinks lack them',
  more: 'driftlab source-shell',
  lines: ({ tables }) =>
    ofReading(tables, (all) => [
      ...all.flatMap(({ table, columns, before, sinks }) => {
        const names = columns.map(({ name }) => name);
        const added = before === undefined ? [] : names.filter((name) => !before.includes(name));
        const gone = (before ?? []).filter((name) => !names.includes(name));
        return [
          `${table}: ${before === undefined ? 'what it was before is not known' : `added since the start: ${listed(added)}; dropped: ${listed(gone)}`}`,
          ...Object.entries(sinks).map(([variant, has]) => {
            const lacks = names.filter((name) => !has.includes(name));
            return `  sink of ${variant}: ${lacks.length === 0 ? 'has every column' : `lacks ${lacks.join(', ')}`}`;
          }),
        ];
      }),
      ...all.map((one) => `now at the source: ${tableDdl(one)}`),
      ...all.flatMap(({ table, before }) => (before === undefined ? [] : [`before: ${table} (${before.join(', ')})`])),
    ]),
};

const compatibility: SectionMaker = {
  id: 'compatibility',
  title: 'Compatibility rules',
  why: 'what a change of schema may be, and what each consumer does with a column that it does not know',
  more: 'driftlab status',
  lines: ({ compatibility: levels, consuming }) => [
    ...Object.entries(consuming).map(([variant, how]) => `${variant}: ${how}`),
    'schema evolve adds the column at the sink, ignore leaves it out, strict stops at it',
    ...ofReading(levels, (all) =>
      Object.keys(all).length === 0
        ? ['no schema registry: every event carries its own schema, and nothing refuses a change']
        : Object.entries(all).map(([subject, level]) => `${subject}: ${level}`),
    ),
  ],
};

const dedup: SectionMaker = {
  id: 'dedup-state',
  title: 'Dedup state',
  why: 'which events each consumer would recognise when they come again',
  more: 'driftlab sink-shell --variant NAME',
  lines: ({ dedup: state, consuming }) => [
    ...Object.entries(consuming).map(([variant, how]) => `${variant}: ${how}`),
    ...ofReading(state, (all) =>
      all.length === 0
        ? ['no dedup table holds anything']
        : all.map(
            ({ variant, topic, partition_id, runs, first_offset, last_offset }) =>
              `${variant} ${topic}/${partition_id}: ${runs} runs of offsets, ${first_offset} to ${last_offset}`,
          ),
    ),
  ],
};

const keys: SectionMaker = {
  id: 'event-keys',
  title: 'Event keys',
  why: 'what makes an event the same event, and a row the same row',
  more: 'driftlab kafka-consume --from-beginning --max 10',
  lines: ({ tables, report }) => [
    'an event is the same by topic, partition and offset; after a snapshot the same row comes as a new event, by its key alone',
    ...ofReading(tables, (all) => all.map(({ table, key }) => `${table}: key (${key.join(', ')})`)),
    ...report.variants.flatMap(({ variant, anomalies, examples }) => [
      `${variant}: ${anomalies.duplicate ?? 0} duplicate rows`,
      ...examples
        .filter(({ anomaly }) => anomaly === 'duplicate')
        .slice(0, 5)
        .map(
          ({ table, key, copies, event }) =>
            `  ${table} ${key}: ${copies ?? '?'} copies${event === undefined ? '' : `; last event ${event.topic}/${event.partition}@${event.offset} ${event.op}`}`,
        ),
    ]),
  ],
};

const times: SectionMaker = {
  id: 'time-ranges',
  title: 'Time ranges',
  why: 'business time (when it happened) and CDC time (when it was captured and arrived) differ for late rows',
  more: 'driftlab recover backfill',
  lines: ({ times: ranges }) =>
    ofReading(ranges, (all) =>
      all.flatMap(({ variant, table, business_time, rows, business, captured, received, late }) => [
        `${variant} ${table}: ${rows} rows, ${late} arrived more than 7 days after their ${business_time}`,
        `  ${business_time} ${rangeOf(business)}; _cdc_captured_at ${rangeOf(captured)}; _cdc_received ${rangeOf(received)}`,
      ]),
    ),
};

function rangeOf([first, last]: readonly [string | null, string | null]): string {
  return first === null ? 'none' : `${first} to ${last}`;
}

const ordering: SectionMaker = {
  id: 'ordering',
  title: 'Ordering semantics',
  why: 'which of two writes of a row wins',
  more: 'driftlab status',
  lines: ({ consuming, report }: ContextFacts) => [
    'events of one key are in one partition, in the order of their commits; over keys and partitions there is no order',
    'a sink gets rows in the order of offsets, never of business time: created_at says nothing about what is newer',
    'dedup keeps the LSN of each row and never lets an older event overwrite it; insert and upsert take whatever comes last',
    'a job that writes past the log has no place in that order: only the LSN guard withstands it',
    ...Object.entries(consuming).map(([variant, how]) => `${variant}: ${how}`),
    ...report.variants.map(
      ({ variant, anomalies }) =>
        `${variant}: ${anomalies.stale ?? 0} stale, ${anomalies.resurrected ?? 0} resurrected rows`,
    ),
  ],
};

/** Sections of modes' own, by their ids. */
export const MODE_SECTIONS: readonly SectionMaker[] = [
  offsets,
  configuration,
  groups,
  retention,
  ddl,
  compatibility,
  dedup,
  keys,
  times,
  ordering,
];

/** What an agent must know of a mode, most important first. A mode that is not here gets the common sections. */
export const OF_MODE: Readonly<Record<string, readonly string[]>> = {
  restart: ['offset-state', 'connector-configuration'],
  lag: ['retention', 'group-metrics'],
  schema: ['ddl', 'compatibility'],
  duplicate: ['event-keys', 'dedup-state'],
  backfill: ['time-ranges', 'ordering'],
};
