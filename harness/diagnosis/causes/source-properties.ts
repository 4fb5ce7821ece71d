import type { DiagnosisFacts } from '#model/cause.ts';
import type { Finding } from '#model/finding.ts';
import type { OwnConnector } from '#model/pipeline.ts';
import { matchesWhole } from '#std/captured.ts';
import { commaList } from '#std/comma-list.ts';
import { stands } from '../dialect.ts';
import type { CauseEntry } from '../entry.ts';
import { property, uncaptured } from '../property.ts';
import { explainedBy, findingsOf, ofSource, type WrongValue, wrongColumns, wrongValues } from '../reading.ts';

const DEBEZIUM_PG = 'https://debezium.io/documentation/reference/stable/connectors/postgresql.html';

const OPERATIONS = { c: 'insert', u: 'update', d: 'delete' } as const;
const SHOWS = { c: ['lost'], u: ['stale'], d: ['orphan'] } as const;

const skipped = property(
  {
    code: 'operations-skipped',
    title: 'skipped.operations excludes inserts, updates or deletes.',
    anomalies: ['lost', 'stale', 'orphan'],
    docs: `${DEBEZIUM_PG}#postgresql-property-skipped-operations`,
  },
  ({ config }, facts) => {
    const letters = commaList(config['skipped.operations']);
    return (['c', 'u', 'd'] as const).flatMap((letter) =>
      letters.includes(letter) ? uncaptured(facts, ...SHOWS[letter]) : [],
    );
  },
  ({ config, file }) => {
    const letters = commaList(config['skipped.operations']).filter((one): one is 'c' | 'u' | 'd' => one in OPERATIONS);
    return {
      says: `skipped.operations=${config['skipped.operations']} in ${file}: every ${letters.map((one) => OPERATIONS[one]).join(' and ')} is skipped and never reaches the log.`,
      evidence: [`skipped.operations=${config['skipped.operations']} in ${file}`],
      remedy: [
        `in ${file}: remove ${letters.join(' and ')} from skipped.operations, or set it to none, which captures a TRUNCATE as well`,
      ],
      certainty: 'shown',
    };
  },
);

const truncateSkipped = property(
  {
    code: 'truncate-skipped',
    title: 'A TRUNCATE is skipped by default (skipped.operations=t).',
    anomalies: ['orphan'],
    docs: `${DEBEZIUM_PG}#postgresql-property-skipped-operations`,
  },
  ({ config }, facts) =>
    facts.fault.kind === 'truncate' && commaList(config['skipped.operations'] ?? 't').includes('t')
      ? uncaptured(facts, 'orphan')
      : undefined,
  (source) => ({
    says: `${stands(source, 'skipped.operations', 't')}: a TRUNCATE at the source is not captured, so its rows remain at the sink.`,
    evidence: ['the log has no event of these rows since the TRUNCATE'],
    remedy: [`in ${source.file}: skipped.operations=none, with a sink that applies a TRUNCATE (truncate.enabled=true)`],
    certainty: 'shown',
  }),
);

const partitionRoot: CauseEntry = {
  code: 'partition-root',
  title: "A partitioned table's changes are published under its partitions' names.",
  anomalies: ['lost', 'stale', 'orphan'],
  docs: `${DEBEZIUM_PG}#postgresql-property-publish-via-partition-root`,
  find(facts) {
    const partitioned = Object.entries(facts.source?.partitions ?? {});
    for (const source of facts.sources) {
      const name = source.config['publication.name'] ?? 'dbz_publication';
      const publication = facts.source?.publications.find((one) => one.name === name);
      if (publication?.viaRoot !== false) continue;
      const explains = ofSource(source, uncaptured(facts, 'lost', 'stale', 'orphan')).filter(({ table }) =>
        partitioned.some(([root]) => root === table),
      );
      if (explains.length === 0) continue;
      const tables = [...new Set(explains.map(({ table }) => table))];
      const theirs = source.config['publication.autocreate.mode'] === 'disabled';
      return {
        says: `The publication ${name} publishes the changes of ${tables.join(', ')} under the names of the partitions, so they go to other topics or are not captured: ${theirs ? `it was created without publish_via_partition_root` : stands(source, 'publish.via.partition.root', 'false')}.`,
        evidence: [
          `pg_publication.pubviaroot of ${name} is false`,
          ...partitioned
            .filter(([root]) => tables.includes(root))
            .map(
              ([root, parts]) =>
                `${root} has the partitions ${parts.slice(0, 3).join(', ')}${parts.length > 3 ? ' …' : ''}`,
            ),
        ],
        remedy: theirs
          ? [`at the source: ALTER PUBLICATION ${name} SET (publish_via_partition_root = true);`]
          : [
              `in ${source.file}: publish.via.partition.root=true, and at the source: ALTER PUBLICATION ${name} SET (publish_via_partition_root = true); (the connector does not alter an existing publication)`,
            ],
        certainty: 'shown',
        explains,
      };
    }
    return undefined;
  },
};

/** The properties of a connector that change values as it captures them, with the columns that they name. */
function altering({ config }: OwnConnector): { readonly name: string; readonly value: string }[] {
  return Object.entries(config).flatMap(([name, value]) =>
    name.startsWith('column.mask.') || name.startsWith('column.truncate.') ? [{ name, value }] : [],
  );
}

/** Whether a list of regular expressions names one of the columns in which a row is wrong. */
function namesColumn(list: string | undefined, finding: Finding): boolean {
  return wrongColumns(finding).some((column) =>
    commaList(list).some((pattern) => matchesWhole(pattern, `${finding.table}.${column}`)),
  );
}

const alteredColumn = property(
  {
    code: 'column-altered-at-capture',
    title: 'column.mask.… or column.truncate.… changes values as they are captured.',
    anomalies: ['corrupt'],
    docs: `${DEBEZIUM_PG}#postgresql-property-column-mask-hash`,
  },
  (source, facts) =>
    findingsOf(facts, ['corrupt'], ['source-to-log']).filter((finding) =>
      altering(source).some(({ value }) => namesColumn(value, finding)),
    ),
  (source, _, explains) => {
    const { file } = source;
    const own = altering(source).filter(({ value }) => explains.some((finding) => namesColumn(value, finding)));
    const properties = own.map(({ name, value }) => `${name}=${value} in ${file}`);
    return {
      says: `${properties.join(' and ')}: the connector changes the values of these columns as it captures them.`,
      evidence: properties,
      remedy: [
        `in ${file}: remove ${own.map(({ name }) => name).join(' and ')}`,
        'if it is intended, give the values that the sink must have under mapping.…transform',
      ],
      certainty: 'shown',
    };
  },
);

const excludedColumn = property(
  {
    code: 'column-excluded',
    title: 'column.exclude.list excludes columns from every event.',
    anomalies: ['missing-column', 'corrupt', 'stale'],
    docs: `${DEBEZIUM_PG}#postgresql-property-column-exclude-list`,
  },
  ({ config }, facts) =>
    findingsOf(facts, ['missing-column', 'corrupt', 'stale']).filter((finding) =>
      namesColumn(config['column.exclude.list'], finding),
    ),
  ({ config, file }) => ({
    says: `column.exclude.list=${config['column.exclude.list']} in ${file}: no event contains these columns.`,
    evidence: [`column.exclude.list=${config['column.exclude.list']} in ${file}`],
    remedy: [
      `in ${file}: remove them from column.exclude.list`,
      'if they are not meant to be at the sink, list them under mapping.…exclude',
    ],
    certainty: 'shown',
  }),
);

/** The wrong values of intervals in corrupt rows. */
function wrongIntervals(facts: DiagnosisFacts): WrongValue[] {
  return wrongValues(facts).filter(({ type, finding }) => type.startsWith('interval') && finding.anomaly === 'corrupt');
}

const interval = property(
  {
    code: 'interval-as-number',
    title: 'interval.handling.mode=numeric turns an interval into microseconds; its months and days are lost.',
    anomalies: ['corrupt'],
    docs: `${DEBEZIUM_PG}#postgresql-property-interval-handling-mode`,
  },
  ({ config }, facts) =>
    config['interval.handling.mode'] === 'string' ? undefined : explainedBy(wrongIntervals(facts)),
  (source, facts) => ({
    says: `${stands(source, 'interval.handling.mode', 'numeric')}: an interval becomes a number of microseconds, and its months and days are lost.`,
    evidence: wrongIntervals(facts)
      .slice(0, 1)
      .map((one) => `${one.column} is ${one.source} at the source and ${one.sink} at the sink`),
    remedy: [`in ${source.file}: interval.handling.mode=string`],
    certainty: 'shown',
  }),
);

export const SOURCE_PROPERTIES: readonly CauseEntry[] = [
  ...[partitionRoot, skipped, truncateSkipped, alteredColumn, excludedColumn, interval],
];
