import type { DiagnosisFacts } from '#model/cause.ts';
import { commaList } from '#std/comma-list.ts';
import type { CauseEntry } from '../entry.ts';
import { findingsOf, heard, ofSource, quoted, transformsOf } from '../reading.ts';

const REPLACE_FIELD = 'org.apache.kafka.connect.transforms.ReplaceField$Value';
const MASK_FIELD = 'org.apache.kafka.connect.transforms.MaskField$Value';
const UNWRAP = 'io.debezium.transforms.ExtractNewRecordState';
/** Modes after which no tombstone follows; delete-to-tombstone makes one of the delete. */
const DROPPING = ['drop', 'none', 'rewrite'];
const FILTERS = ['org.apache.kafka.connect.transforms.Filter', 'io.debezium.transforms.Filter'];

/** Transforms stand in a source's configuration or in a sink's. */
function transforms(facts: DiagnosisFacts) {
  const owners = [
    // A source's transforms see the tables alone that it captures.
    ...facts.sources.map((owner) => ({ owner, findings: ofSource(owner, facts.findings) })),
    ...facts.subject.connectors.map((owner) => ({ owner, findings: facts.findings })),
  ];
  return owners.flatMap(({ owner, findings }) =>
    transformsOf(owner).map((transform) => ({ owner, seen: { ...facts, findings }, ...transform })),
  );
}

const droppedField: CauseEntry = {
  code: 'transform-drops-field',
  title: 'ReplaceField drops a field from every event.',
  anomalies: ['corrupt', 'stale', 'missing-column', 'lost'],
  docs: 'https://kafka.apache.org/documentation/#org.apache.kafka.connect.transforms.ReplaceField',
  find(facts) {
    for (const { owner, seen, type, get, name } of transforms(facts)) {
      if (type !== REPLACE_FIELD) continue;
      const dropped = commaList(get('exclude') ?? get('blacklist'));
      const kept = get('include') ?? get('whitelist');
      const isDropped = (column: string): boolean =>
        kept === undefined ? dropped.includes(column) : !commaList(kept).includes(column);
      const explains = findingsOf(seen, droppedField.anomalies).filter(({ column, differs }) =>
        [...(column === undefined ? [] : [column]), ...(differs ?? []).map((one) => one.column)].some(isDropped),
      );
      if (explains.length === 0) continue;
      const which = kept === undefined ? 'exclude' : 'include';
      return {
        says: `${name(which)}=${kept ?? dropped.join(',')} in ${owner.file}: the transform drops ${kept === undefined ? dropped.join(', ') : 'every other field'} from every event, and the sink never gets the value.`,
        evidence: [`${name('type')}=${type} in ${owner.file}`],
        remedy: [
          kept === undefined
            ? `take it out of ${name(which)}`
            : `name all fields that the sink needs in ${name(which)}`,
          'list it under mapping.…exclude, if that is meant',
        ],
        certainty: 'shown',
        explains,
      };
    }
    return undefined;
  },
};

const maskedField: CauseEntry = {
  code: 'transform-masks-field',
  title: "MaskField replaces a field's value in every event.",
  anomalies: ['corrupt'],
  docs: 'https://kafka.apache.org/documentation/#org.apache.kafka.connect.transforms.MaskField',
  find(facts) {
    for (const { owner, seen, type, get, name } of transforms(facts)) {
      const fields = commaList(get('fields'));
      const explains = findingsOf(seen, ['corrupt', 'stale']).filter(({ differs }) =>
        differs?.some(({ column }) => fields.includes(column)),
      );
      if (type !== MASK_FIELD || explains.length === 0) continue;
      return {
        says: `${name('fields')}=${fields.join(',')} in ${owner.file}: the transform masks these fields in every event.`,
        evidence: [`${name('type')}=${type} in ${owner.file}`],
        remedy: [
          `take the transform out of ${owner.file}`,
          'say under mapping.…transform what the sink must have, if that is meant',
        ],
        certainty: 'shown',
        explains,
        columns: fields,
      };
    }
    return undefined;
  },
};

const filtered: CauseEntry = {
  code: 'transform-drops-records',
  title: 'A Filter transform drops records.',
  anomalies: ['lost', 'stale', 'orphan'],
  docs: 'https://debezium.io/documentation/reference/stable/transformations/filtering.html',
  find(facts) {
    const found = transforms(facts).find(({ type }) => FILTERS.includes(type));
    if (found === undefined) return undefined;
    const { owner, seen, type, get, alias } = found;
    const held = get('condition');
    const predicate = get('predicate');
    const what =
      held !== undefined
        ? `every event for which ${held} is false`
        : predicate === undefined
          ? 'every event'
          : `every event for which its predicate ${predicate} ${get('negate') === 'true' ? 'does not hold' : 'holds'}`;
    return {
      says: `transforms.${alias} in ${owner.file} drops ${what}.`,
      evidence: [`transforms.${alias}.type=${type} in ${owner.file}`],
      remedy: [`take transforms.${alias} out of ${owner.file}, or narrow it`],
      certainty: 'likely',
      explains: findingsOf(seen, filtered.anomalies),
    };
  },
};

const unwrapped: CauseEntry = {
  code: 'unwrap-drops-deletes',
  title: 'ExtractNewRecordState drops deletes with the envelope.',
  anomalies: ['orphan', 'resurrected'],
  docs: 'https://debezium.io/documentation/reference/stable/transformations/event-flattening.html',
  find(facts) {
    for (const { owner, seen, type, get, name } of transforms(facts)) {
      const mode = get('delete.tombstone.handling.mode') ?? get('delete.handling.mode') ?? 'tombstone';
      const tombstones = get('drop.tombstones');
      if (type !== UNWRAP || !(DROPPING.includes(mode) || tombstones === 'true')) continue;
      // A delete that stands in the log as one got past the transform of a source.
      const explains = findingsOf(seen, unwrapped.anomalies).filter(
        ({ event }) => facts.subject.connectors.includes(owner) || event?.op !== 'delete',
      );
      if (explains.length === 0) continue;
      const rewritten = mode === 'rewrite';
      const legacy = get('delete.tombstone.handling.mode') === undefined && get('delete.handling.mode') !== undefined;
      const property = name(legacy ? 'delete.handling.mode' : 'delete.tombstone.handling.mode');
      const dropsTombstones = !DROPPING.includes(mode);
      return {
        says: rewritten
          ? `${property}=rewrite in ${owner.file}: a delete becomes a row with __deleted=true, and no tombstone follows, so the sink keeps the row.`
          : `${dropsTombstones ? `${name('drop.tombstones')}=true` : `${property}=${mode}`} in ${owner.file}: deletes are dropped with the envelope.`,
        evidence: [`${name('type')}=${type} in ${owner.file}`],
        remedy: [
          legacy || dropsTombstones
            ? `in ${owner.file}: ${name('drop.tombstones')}=false, and a sink that applies tombstones`
            : `in ${owner.file}: ${name('delete.tombstone.handling.mode')}=tombstone, and a sink that applies tombstones`,
          ...(rewritten
            ? [`say that the sink's rows with __deleted are deleted ones: mapping.…deleted: "__deleted = 'true'"`]
            : []),
        ],
        certainty: 'likely',
        explains,
      };
    }
    return undefined;
  },
};

/** A transform of Connect's that takes a record's value apart and gives up where there is none. */
const tombstone: CauseEntry = {
  code: 'transform-stops-at-tombstone',
  title: 'A transform of the sink connector cannot take a tombstone, and the task stops at the first delete.',
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
    const [, what = ''] = matched.match;
    const named = facts.subject.connectors.flatMap((owner) =>
      transformsOf(owner)
        .filter(
          ({ type, get }) =>
            REFUSING.some(([purpose, of]) => purpose.test(what) && of.test(type)) && get('predicate') === undefined,
        )
        .map((transform) => ({ owner, ...transform })),
    );
    const [first] = named;
    const where = first === undefined ? 'a transform' : `transforms.${first.alias} in ${first.owner.file}`;
    return {
      says: `${where} cannot take a record without a value (${what}), and a delete ends with one: the task stops at the first tombstone.`,
      evidence: [quoted(matched)],
      remedy: [
        first === undefined
          ? 'apply it to records with a value alone, by a predicate'
          : `in ${first.owner.file}: predicates=tombstone, predicates.tombstone.type=org.apache.kafka.connect.transforms.predicates.RecordIsTombstone, ${first.name('predicate')}=tombstone, ${first.name('negate')}=true`,
      ],
      certainty: 'shown',
      explains: findingsOf(facts, ['stalled', 'lost', 'stale', 'orphan', 'partial-transaction'], ['log-to-sink']),
    };
  },
};

/** What a transform that looks at no tombstone calls its purpose when it refuses one, and its class. */
const REFUSING: readonly (readonly [purpose: RegExp, type: RegExp])[] = [
  [/^mask fields$/, /\.MaskField\$Value$/],
  [/^copying fields from value to key$/, /\.ValueToKey$/],
  [/^header /, /\.HeaderFrom\$Value$/],
];

export const TRANSFORMS: readonly CauseEntry[] = [tombstone, droppedField, maskedField, unwrapped, filtered];
