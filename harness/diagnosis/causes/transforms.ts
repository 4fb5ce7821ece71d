import type { DiagnosisFacts } from '#model/cause.ts';
import type { Hop } from '#model/finding.ts';
import type { OwnConnector } from '#model/pipeline.ts';
import { commaList } from '#std/comma-list.ts';
import type { CauseEntry } from '../entry.ts';
import { findingsOf, heard, ofSource, quoted, type Transform, transformsOf, wrongColumns } from '../reading.ts';

const REPLACE_FIELD = 'org.apache.kafka.connect.transforms.ReplaceField$Value';
const MASK_FIELD = 'org.apache.kafka.connect.transforms.MaskField$Value';
const UNWRAP = 'io.debezium.transforms.ExtractNewRecordState';
const FILTERS = ['org.apache.kafka.connect.transforms.Filter', 'io.debezium.transforms.Filter'];

interface Owned {
  readonly owner: OwnConnector;
  /** Where what it does shows first. */
  readonly hop: Hop;
  /** The facts that it can explain: a source's transforms see only the tables that it captures. */
  readonly seen: DiagnosisFacts;
  readonly transform: Transform;
}

/** The transforms of the sources and of the subject's sinks. */
function ownedTransforms(facts: DiagnosisFacts): Owned[] {
  const owners: readonly Omit<Owned, 'transform'>[] = [
    ...facts.sources.map((owner) => ({
      ...{ owner, hop: 'source-to-log' as const },
      seen: { ...facts, findings: ofSource(owner, facts.findings) },
    })),
    ...facts.subject.connectors.map((owner) => ({ owner, hop: 'log-to-sink' as const, seen: facts })),
  ];
  return owners.flatMap((one) => transformsOf(one.owner).map((transform) => ({ ...one, transform })));
}

/** A list of fields of ReplaceField, under the name that the file has for it: both were renamed in Kafka 2.6. */
function fieldList({ get, name }: Transform, ...names: readonly string[]) {
  const own = names.find((one) => get(one) !== undefined);
  return own === undefined ? undefined : { property: name(own), value: get(own), fields: commaList(get(own)) };
}

const droppedField: CauseEntry = {
  code: 'transform-drops-field',
  title: 'ReplaceField drops a field from every event.',
  anomalies: ['corrupt', 'stale', 'missing-column'],
  docs: 'https://kafka.apache.org/documentation/#org.apache.kafka.connect.transforms.ReplaceField',
  find(facts) {
    for (const { owner, seen, transform } of ownedTransforms(facts)) {
      if (transform.type !== REPLACE_FIELD) continue;
      const excluded = fieldList(transform, 'exclude', 'blacklist');
      const included = fieldList(transform, 'include', 'whitelist');
      const isExcluded = (column: string): boolean => excluded?.fields.includes(column) === true;
      const isDropped = (column: string): boolean => isExcluded(column) || included?.fields.includes(column) === false;
      const explains = findingsOf(seen, droppedField.anomalies).filter((one) => wrongColumns(one).some(isDropped));
      const columns = [...new Set(explains.flatMap(wrongColumns).filter(isDropped))];
      const list = columns.some(isExcluded) ? excluded : included;
      if (list === undefined || explains.length === 0) continue;
      return {
        says: `${list.property}=${list.value} in ${owner.file}: the transform drops ${columns.join(', ')} from every event, so the sink never gets the value.`,
        evidence: [`${transform.name('type')}=${transform.type} in ${owner.file}`],
        remedy: [
          list === excluded
            ? `in ${owner.file}: remove ${columns.join(', ')} from ${list.property}`
            : `in ${owner.file}: add ${columns.join(', ')} to ${list.property}`,
          'if it is not meant to be at the sink, list it under mapping.…exclude',
        ],
        certainty: 'shown',
        explains,
        columns,
      };
    }
    return undefined;
  },
};

const maskedField: CauseEntry = {
  code: 'transform-masks-field',
  title: "MaskField replaces a field's value in every event.",
  anomalies: ['corrupt', 'stale'],
  docs: 'https://kafka.apache.org/documentation/#org.apache.kafka.connect.transforms.MaskField',
  find(facts) {
    for (const { owner, seen, transform } of ownedTransforms(facts)) {
      if (transform.type !== MASK_FIELD) continue;
      const fields = commaList(transform.get('fields'));
      const masked = (column: string): boolean => fields.includes(column);
      const explains = findingsOf(seen, maskedField.anomalies).filter((one) => wrongColumns(one).some(masked));
      if (explains.length === 0) continue;
      const property = transform.name('fields');
      return {
        says: `${property}=${transform.get('fields')} in ${owner.file}: the transform masks these fields in every event.`,
        evidence: [`${transform.name('type')}=${transform.type} in ${owner.file}`],
        remedy: [
          `in ${owner.file}: remove ${[...new Set(explains.flatMap(wrongColumns).filter(masked))].join(', ')} from ${property}`,
          'if it is intended, give the values that the sink must have under mapping.…transform (NULL is not masked)',
        ],
        certainty: 'shown',
        explains,
        columns: fields,
      };
    }
    return undefined;
  },
};

/** What a filter drops: Debezium's what its condition is false for, Connect's what its predicate matches. */
function droppedBy({ get }: Transform): string {
  const [condition, predicate] = [get('condition'), get('predicate')];
  if (condition !== undefined) return `every event for which ${condition} is false`;
  if (predicate === undefined) return 'every event';
  return `every event that ${get('negate') === 'true' ? 'does not match' : 'matches'} the predicate ${predicate}`;
}

const filtered: CauseEntry = {
  code: 'transform-drops-records',
  title: 'A Filter transform drops records.',
  anomalies: ['lost', 'stale', 'orphan'],
  docs: 'https://debezium.io/documentation/reference/stable/transformations/filtering.html',
  find(facts) {
    for (const { owner, hop, seen, transform } of ownedTransforms(facts)) {
      const explains = findingsOf(seen, filtered.anomalies, [hop]);
      if (!FILTERS.includes(transform.type) || explains.length === 0) continue;
      return {
        says: `transforms.${transform.alias} in ${owner.file} drops ${droppedBy(transform)}.`,
        evidence: [`${transform.name('type')}=${transform.type} in ${owner.file}`],
        remedy: [`in ${owner.file}: remove transforms.${transform.alias}, or let it drop less`],
        certainty: 'likely',
        explains,
      };
    }
    return undefined;
  },
};

const HANDLING = 'delete.tombstone.handling.mode';

/**
 * The property of ExtractNewRecordState after which no tombstone follows a delete. Before Debezium 2.5 there were two: a
 * tombstone still followed where `drop.tombstones` was false, and `delete.handling.mode=none` made one of the delete.
 */
function droppingDeletes({ get }: Transform): 'drop.tombstones' | 'delete.handling.mode' | typeof HANDLING | undefined {
  const mode = get(HANDLING);
  if (mode !== undefined) return mode === 'drop' || mode === 'rewrite' ? HANDLING : undefined;
  const older = get('delete.handling.mode');
  if (older === 'none' || get('drop.tombstones') === 'false') return undefined;
  if (older !== undefined) return 'delete.handling.mode';
  return get('drop.tombstones') === undefined ? undefined : 'drop.tombstones';
}

const unwrapped: CauseEntry = {
  code: 'unwrap-drops-deletes',
  title: 'ExtractNewRecordState drops deletes.',
  anomalies: ['orphan', 'resurrected'],
  docs: 'https://debezium.io/documentation/reference/stable/transformations/event-flattening.html',
  find(facts) {
    for (const { owner, seen, transform } of ownedTransforms(facts)) {
      const property = transform.type === UNWRAP ? droppingDeletes(transform) : undefined;
      // A delete that is in the log as one got past the transform of a source.
      const explains = findingsOf(seen, unwrapped.anomalies).filter(
        ({ event }) => facts.subject.connectors.includes(owner) || event?.op !== 'delete',
      );
      if (property === undefined || explains.length === 0) continue;
      const value = transform.get(property);
      const tombstones =
        property === HANDLING ? `${transform.name(HANDLING)}=tombstone` : `${transform.name('drop.tombstones')}=false`;
      return {
        says:
          value === 'rewrite'
            ? `${transform.name(property)}=rewrite in ${owner.file}: a delete becomes a row with __deleted=true without a tombstone, so the sink keeps the row.`
            : `${transform.name(property)}=${value} in ${owner.file}: the transform drops deletes.`,
        evidence: [`${transform.name('type')}=${transform.type} in ${owner.file}`],
        remedy: [
          `in ${owner.file}: ${tombstones}, with a sink that applies tombstones`,
          ...(value === 'rewrite'
            ? [`if the sink marks deleted rows, declare it: mapping.…deleted: "__deleted = 'true'"`]
            : []),
        ],
        certainty: 'likely',
        explains,
      };
    }
    return undefined;
  },
};

/** Transforms of Connect's that fail at a record without a value, and what they call what they were doing. */
const REFUSING = [
  { ends: '.MaskField$Value', purpose: 'mask fields' },
  { ends: '.ValueToKey', purpose: 'copying fields from value to key' },
  { ends: '.HeaderFrom$Value', purpose: 'header ' },
];

const tombstone: CauseEntry = {
  code: 'transform-stops-at-tombstone',
  title: 'A transform of the sink connector cannot handle a tombstone, so the task fails at the first delete.',
  anomalies: ['stalled'],
  docs: 'https://kafka.apache.org/documentation/#connect_predicates',
  seenOn: 'Kafka 4.3.1',
  find(facts) {
    const matched = heard(
      facts,
      /Only (?:Struct|Map) objects supported (?:in absence of schema )?for \[([^\]]+)\], found: null/,
      ['sink-task'],
    );
    if (matched === undefined) return undefined;
    const what = String(matched.match[1]);
    const first = ownedTransforms(facts).find(
      ({ hop, transform: { type, get } }) =>
        hop === 'log-to-sink' &&
        get('predicate') === undefined &&
        REFUSING.some(({ ends, purpose }) => type.endsWith(ends) && what.startsWith(purpose)),
    );
    return {
      says: `${first === undefined ? 'A transform' : `transforms.${first.transform.alias} in ${first.owner.file}`} cannot handle a record without a value (${what}), and a tombstone, which follows a delete, has none: the task fails at the first one.`,
      evidence: [quoted(matched)],
      remedy: [
        first === undefined ? 'apply the transform only to records with a value, by a predicate' : onlyValues(first),
      ],
      certainty: 'shown',
      explains: findingsOf(facts, ['stalled', 'lost', 'stale', 'orphan', 'partial-transaction'], ['log-to-sink']),
    };
  },
};

/** A predicate that keeps a transform from tombstones, beside those that the connector has. */
function onlyValues({ owner: { config, file }, transform }: Owned): string {
  return [
    `in ${file}: predicates=${[...commaList(config.predicates), 'tombstone'].join(',')}`,
    'predicates.tombstone.type=org.apache.kafka.connect.transforms.predicates.RecordIsTombstone',
    `${transform.name('predicate')}=tombstone`,
    `${transform.name('negate')}=true`,
  ].join(', ');
}

export const TRANSFORMS: readonly CauseEntry[] = [tombstone, droppedField, maskedField, unwrapped, filtered];
