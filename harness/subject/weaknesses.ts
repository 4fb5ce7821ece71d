import type { Weakness } from '#model/subject.ts';
import { commaList } from '#std/comma-list.ts';

/** A configuration file and what it holds. */
export interface Configuration {
  /** The file's name as the pipeline file has it. */
  readonly file: string;
  readonly config: Readonly<Record<string, string>>;
}

/** How a property stands in a file: `delete.enabled=false in sink.json`, or that it is not set and what then holds. */
function stands({ file, config }: Configuration, property: string, otherwise: string): string {
  const value = config[property];
  return value === undefined
    ? `${property} is not set in ${file} (default: ${otherwise})`
    : `${property}=${value} in ${file}`;
}

/** What a source connector's configuration is known to lose, and how. `excluded` are the columns that the mapping excludes. */
export function sourceWeaknesses(source: Configuration, excluded: readonly string[] = []): Weakness[] {
  const { config, file } = source;
  const found: Weakness[] = [];
  const mode = config['snapshot.mode'] ?? 'initial';
  if (['no_data', 'never', 'schema_only', 'recovery'].includes(mode))
    found.push({
      anomalies: ['lost', 'stale'],
      hops: ['source-to-log'],
      says: `snapshot.mode=${mode} in ${file}: rows that were in the tables before the connector started are never captured; set snapshot.mode=initial, or load them with an incremental snapshot.`,
    });
  const skipped = commaList(config['skipped.operations'] ?? 't');
  if (skipped.includes('t'))
    found.push({
      anomalies: ['orphan'],
      hops: ['source-to-log'],
      fault: 'truncate',
      says: `${stands(source, 'skipped.operations', 't')}: a TRUNCATE at the source is left out and its rows stay at the sink; set skipped.operations=none, and see that the sink honours truncates.`,
    });
  for (const [letter, anomalies] of [
    ['c', ['lost']],
    ['u', ['stale']],
    ['d', ['orphan']],
  ] as const)
    if (skipped.includes(letter))
      found.push({
        anomalies,
        hops: ['source-to-log'],
        says: `skipped.operations=${config['skipped.operations']} in ${file}: operations ${letter} are never captured; take ${letter} out of it.`,
      });
  if (config['publish.via.partition.root'] !== 'true')
    found.push({
      anomalies: ['lost', 'stale', 'orphan'],
      hops: ['source-to-log'],
      // Only of use for a table that is partitioned, which the catalog alone knows.
      mentions: 'partitioned',
      says: `${stands(source, 'publish.via.partition.root', 'false')}: a partitioned table's changes come under its partitions' names, to other topics; set publish.via.partition.root=true and make the publication anew.`,
    });
  if (config['decimal.handling.mode'] === 'double')
    found.push({
      anomalies: ['corrupt'],
      says: `decimal.handling.mode=double in ${file}: a numeric loses digits on its way; set decimal.handling.mode=precise or string.`,
    });
  if (config['interval.handling.mode'] !== 'string')
    found.push({
      anomalies: ['corrupt'],
      // Two spellings of one interval: P1DT2H and PT26H.
      mentions: '"P(T?-?\\d)',
      says: `${stands(source, 'interval.handling.mode', 'numeric')}: an interval becomes a count of microseconds, and its months and days are lost; set interval.handling.mode=string.`,
    });
  if (config['time.precision.mode'] === 'connect')
    found.push({
      anomalies: ['corrupt'],
      says: `time.precision.mode=connect in ${file}: times lose what is below a millisecond; set time.precision.mode=adaptive_time_microseconds.`,
    });
  return [...found, ...columnWeaknesses(source, excluded), ...transformWeaknesses(source)];
}

const ALTERING = /^column\.(mask|truncate)\./;

/** What is done to single columns as they are captured. */
function columnWeaknesses({ config, file }: Configuration, excluded: readonly string[]): Weakness[] {
  const found: Weakness[] = [];
  const left = commaList(config['column.exclude.list']);
  if (!left.every((pattern) => excluded.some((column) => isColumn(pattern, column))))
    found.push({
      anomalies: ['missing-column', 'corrupt', 'stale'],
      says: `column.exclude.list=${config['column.exclude.list']} in ${file}: these columns are never captured; list them under mapping.…exclude if that is meant, or take them out of the list.`,
    });
  for (const [property, value] of Object.entries(config))
    if (ALTERING.test(property))
      found.push({
        anomalies: ['corrupt'],
        hops: ['source-to-log'],
        says: `${property}=${value} in ${file}: the connector alters these columns as it captures them; say under mapping.…transform what the sink must have if that is meant, or take the property out.`,
      });
  return found;
}

/** Whether an entry of a list of columns names a column, as Debezium reads it: a regular expression, which must match it whole. */
function isColumn(pattern: string, column: string): boolean {
  if (pattern === column) return true;
  try {
    return new RegExp(`^(?:${pattern})$`, 'i').test(column);
  } catch {
    // What Java's expressions can and JavaScript's cannot.
    return false;
  }
}

const REPLACE_FIELD = 'org.apache.kafka.connect.transforms.ReplaceField$Value';
const MASK_FIELD = 'org.apache.kafka.connect.transforms.MaskField$Value';
const UNWRAP = 'io.debezium.transforms.ExtractNewRecordState';
/** Kafka's drops whatever it is given, so its predicate says what is lost; Debezium's keeps what its condition holds of. */
const FILTERS: ReadonlyMap<string, (of: (property: string) => string | undefined) => string> = new Map([
  [
    'org.apache.kafka.connect.transforms.Filter',
    (of) =>
      `it drops every event ${of('predicate') === undefined ? '' : `for which its predicate ${of('predicate')} ${of('negate') === 'true' ? 'does not hold' : 'holds'}`}`,
  ],
  [
    'io.debezium.transforms.Filter',
    (of) => `it drops every event for which ${of('condition') ?? 'its condition'} is false`,
  ],
]);

/** What transforms are known to drop. They stand in a source's configuration or in a sink's. */
function transformWeaknesses({ file, config }: Configuration): Weakness[] {
  const found: Weakness[] = [];
  for (const alias of commaList(config.transforms)) {
    const of = (property: string): string | undefined => config[`transforms.${alias}.${property}`];
    const type = of('type') ?? '';
    const dropped = of('exclude') ?? of('blacklist');
    const kept = of('include') ?? of('whitelist');
    if (type === REPLACE_FIELD && (dropped !== undefined || kept !== undefined))
      found.push({
        anomalies: ['corrupt', 'stale', 'missing-column', 'lost'],
        says:
          dropped !== undefined
            ? `transforms.${alias}.exclude=${dropped} in ${file}: the transform drops the field ${dropped} from every event, and the sink never gets its value; take it out, or list it under mapping.…exclude if that is meant.`
            : `transforms.${alias}.include=${kept} in ${file}: the transform drops every other field; name all that the sink needs.`,
      });
    if (type === MASK_FIELD)
      found.push({
        anomalies: ['corrupt'],
        says: `transforms.${alias}.fields=${of('fields') ?? ''} in ${file}: the transform masks these fields in every event; say under mapping.…transform what the sink must have if that is meant, or take it out.`,
      });
    const filter = FILTERS.get(type);
    if (filter !== undefined)
      found.push({
        anomalies: ['lost', 'stale', 'orphan'],
        says: `transforms.${alias} (${type}) in ${file}: ${filter(of).trim()}; take the transform out, or narrow it.`,
      });
    const deletes = of('delete.tombstone.handling.mode') ?? of('delete.handling.mode');
    if (type === UNWRAP && (deletes === 'drop' || deletes === 'none'))
      found.push({
        anomalies: ['orphan', 'resurrected'],
        says: `transforms.${alias}.delete.tombstone.handling.mode=${deletes} in ${file}: deletes are dropped with the envelope; set it to tombstone or rewrite.`,
      });
  }
  return found;
}

/** Weaknesses of several source connectors together. */
export function sharedWeaknesses(sources: readonly Configuration[]): Weakness[] {
  const bySlot = new Map<string, Configuration[]>();
  for (const source of sources) {
    const slot = source.config['slot.name'] ?? 'debezium';
    bySlot.set(slot, [...(bySlot.get(slot) ?? []), source]);
  }
  return [...bySlot]
    .filter(([, sharing]) => sharing.length > 1)
    .map(([slot, sharing]) => ({
      anomalies: ['stalled', 'lost', 'stale'],
      hops: ['source-to-log'],
      says: `slot.name=${slot} in ${sharing.map(({ file }) => file).join(' and ')}: a replication slot has one reader and one position, so the second connector cannot start, or takes changes from the first; give each its own slot.name.`,
    }));
}

/** What a sink connector's configuration is known to lose, and how. */
export function sinkWeaknesses(subject: string, sink: Configuration): Weakness[] {
  const { config, file } = sink;
  const found: Omit<Weakness, 'subject'>[] = [];
  const mode = config['insert.mode'] ?? 'insert';
  if (mode === 'insert')
    found.push({
      anomalies: ['duplicate', 'stalled', 'stale', 'lost'],
      hops: ['log-to-sink'],
      says: `${stands(sink, 'insert.mode', 'insert')}: every event is inserted, so an update or a replayed event meets the key that is there and stops the connector, or without a key leaves a second row; set insert.mode=upsert and primary.key.mode=record_key.`,
    });
  if (config['delete.enabled'] !== 'true')
    found.push({
      anomalies: ['orphan', 'resurrected'],
      hops: ['log-to-sink'],
      says: `${stands(sink, 'delete.enabled', 'false')}: deletes are ignored and their rows stay as orphans; set delete.enabled=true and primary.key.mode=record_key.`,
    });
  if (config['truncate.enabled'] !== 'true')
    found.push({
      anomalies: ['orphan'],
      hops: ['log-to-sink'],
      fault: 'truncate',
      says: `${stands(sink, 'truncate.enabled', 'false')}: a TRUNCATE that the log has is ignored and its rows stay; set truncate.enabled=true.`,
    });
  if (config['errors.tolerance'] === 'all') {
    const queue = config['errors.deadletterqueue.topic.name'];
    found.push({
      anomalies: ['lost', 'stale', 'orphan', 'missing-column'],
      hops: ['log-to-sink'],
      says:
        queue === undefined || queue === ''
          ? `errors.tolerance=all in ${file} without errors.deadletterqueue.topic.name: a record that fails is dropped without a trace; set errors.tolerance=none, or name a dead-letter queue and watch it.`
          : `errors.tolerance=all in ${file}: a record that fails goes to the dead-letter queue ${queue} and the connector goes on without it; watch that topic, and bring its records in once the cause is mended.`,
    });
  }
  const keys = config['primary.key.mode'] ?? 'none';
  if (keys === 'record_key')
    found.push({
      anomalies: ['stalled'],
      hops: ['log-to-sink'],
      mentions: 'key',
      says: `primary.key.mode=record_key in ${file}: events of a table without a primary key have no key, and the connector stops at the first; give the table a key, or leave its topic to a connector with insert.mode=insert and primary.key.mode=none.`,
    });
  if (keys === 'none' && mode !== 'insert')
    found.push({
      anomalies: ['stalled', 'lost', 'duplicate'],
      says: `${stands(sink, 'primary.key.mode', 'none')} with insert.mode=${mode}: there is no key to write by; set primary.key.mode=record_key.`,
    });
  return [...found, ...transformWeaknesses(sink)].map((weakness) => ({ subject, ...weakness }));
}

/** What the lab's own appliers are known for, in the same words. */
export function builtinWeaknesses(subject: string, mode: 'insert' | 'upsert' | 'dedup'): Weakness[] {
  if (mode !== 'insert') return [];
  return [
    {
      subject,
      anomalies: ['duplicate'],
      hops: ['log-to-sink'],
      says: `builtin: insert inserts every event blindly: an event that comes again leaves a second row; use upsert or dedup.`,
    },
  ];
}

/** What a program is known for when it shows an anomaly: nothing of it can be read, so its own code is where to look. */
export function commandWeaknesses(subject: string, run: string): Weakness[] {
  const of = (anomalies: Weakness['anomalies'], fault: string | undefined, says: string): Weakness => ({
    ...{ subject, anomalies, hops: ['log-to-sink'], says: `${run}: ${says}` },
    ...(fault === undefined ? {} : { fault }),
  });
  return [
    of(
      ['orphan', 'resurrected'],
      undefined,
      'rows deleted at the source stay: handle op d (or the tombstone that follows it) by deleting the key.',
    ),
    of(
      ['duplicate'],
      undefined,
      'an event that came again was inserted again: write by the primary key (INSERT … ON CONFLICT … DO UPDATE), and into a history by the key with the position of the change (source.lsn).',
    ),
    of(
      ['lost', 'stale'],
      'crash-consumers',
      'events were passed without being applied when it crashed: commit the offsets only after the transaction of the rows (enable.auto.commit=false).',
    ),
    of(
      ['lost'],
      undefined,
      'events were passed without being applied: look for skipped errors, and for offsets committed before the write.',
    ),
    of(
      ['stale'],
      undefined,
      'updates were passed or older ones written over newer: apply each partition in its order, and write only where the LSN is higher.',
    ),
    of(
      ['stalled'],
      undefined,
      'it stopped: see its log in the run folder under logs/, and let it start again (restart: true) once it can.',
    ),
  ];
}
