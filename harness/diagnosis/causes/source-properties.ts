import { matchesWhole } from '#std/captured.ts';
import { commaList } from '#std/comma-list.ts';
import { stands } from '../dialect.ts';
import type { CauseEntry } from '../entry.ts';
import { property, uncaptured } from '../property.ts';
import { columnOf, findingsOf, ofSource } from '../reading.ts';

const DEBEZIUM_PG = 'https://debezium.io/documentation/reference/stable/connectors/postgresql.html';

const OPERATIONS = { c: 'insert', u: 'update', d: 'delete' } as const;
const SHOWS = { c: ['lost'], u: ['stale'], d: ['orphan'] } as const;

const skipped = property(
  {
    code: 'operations-skipped',
    title: 'skipped.operations leaves inserts, updates or deletes out.',
    anomalies: ['lost', 'stale', 'orphan'],
    docs: `${DEBEZIUM_PG}#postgresql-property-skipped-operations`,
  },
  ({ config }, facts) => {
    const letters = commaList(config['skipped.operations'] ?? 't');
    return (['c', 'u', 'd'] as const).flatMap((letter) =>
      letters.includes(letter) ? uncaptured(facts, ...SHOWS[letter]) : [],
    );
  },
  ({ config, file }) => {
    const letters = commaList(config['skipped.operations']).filter((one): one is 'c' | 'u' | 'd' => one in OPERATIONS);
    return {
      says: `skipped.operations=${config['skipped.operations']} in ${file}: every ${letters.map((one) => OPERATIONS[one]).join(' and ')} is left out of the log.`,
      evidence: [`skipped.operations=${config['skipped.operations']} in ${file}`],
      remedy: [
        `in ${file}: take ${letters.join(' and ')} out of skipped.operations (none captures a TRUNCATE as well)`,
      ],
      certainty: 'shown',
    };
  },
);

const truncateSkipped = property(
  {
    code: 'truncate-skipped',
    title: 'A TRUNCATE is left out by default (skipped.operations=t).',
    anomalies: ['orphan'],
    docs: `${DEBEZIUM_PG}#postgresql-property-skipped-operations`,
  },
  ({ config }, facts) =>
    facts.fault.kind === 'truncate' && commaList(config['skipped.operations'] ?? 't').includes('t')
      ? uncaptured(facts, 'orphan')
      : undefined,
  (source) => ({
    says: `${stands(source, 'skipped.operations', 't')}: a TRUNCATE at the source is left out of the log, and its rows stay at the sink.`,
    evidence: ['the log has no event of the rows since the table was emptied'],
    remedy: [`in ${source.file}: skipped.operations=none, and a sink that applies truncates (truncate.enabled=true)`],
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
        says: `${tables.join(', ')} is partitioned, and the publication ${name} publishes its changes under the partitions' names, so they go to other topics or none: ${theirs ? `it was created without publish_via_partition_root` : stands(source, 'publish.via.partition.root', 'false')}.`,
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
              `in ${source.file}: publish.via.partition.root=true, and at the source: ALTER PUBLICATION ${name} SET (publish_via_partition_root = true); (a publication that is there is not changed)`,
            ],
        certainty: 'shown',
        explains,
      };
    }
    return undefined;
  },
};

const ALTERING = /^column\.(mask|truncate)\./;

const alteredColumn = property(
  {
    code: 'column-altered-at-capture',
    title: 'column.mask.… or column.truncate.… alters values as they are captured.',
    anomalies: ['corrupt'],
    docs: `${DEBEZIUM_PG}#postgresql-property-column-mask-hash`,
  },
  ({ config }, facts) => {
    const patterns = Object.entries(config)
      .filter(([name]) => ALTERING.test(name))
      .flatMap(([, value]) => commaList(value));
    return findingsOf(facts, ['corrupt'], ['source-to-log']).filter(({ table, differs }) =>
      differs?.some(({ column }) => patterns.some((pattern) => matchesWhole(pattern, `${table}.${column}`))),
    );
  },
  ({ config, file }) => {
    const [name, value] = Object.entries(config).find(([one]) => ALTERING.test(one)) ?? [];
    return {
      says: `${name}=${value} in ${file}: the connector alters these columns as it captures them.`,
      evidence: [`${name}=${value} in ${file}`],
      remedy: [`take ${name} out of ${file}`, 'say under mapping.…transform what the sink must have, if that is meant'],
      certainty: 'shown',
    };
  },
);

const excludedColumn = property(
  {
    code: 'column-excluded',
    title: 'column.exclude.list leaves columns out of every event.',
    anomalies: ['missing-column', 'corrupt', 'stale'],
    docs: `${DEBEZIUM_PG}#postgresql-property-column-exclude-list`,
  },
  ({ config }, facts) => {
    const patterns = commaList(config['column.exclude.list']);
    return findingsOf(facts, ['missing-column', 'corrupt', 'stale']).filter(({ table, column, differs }) =>
      [...(column === undefined ? [] : [column]), ...(differs ?? []).map((one) => one.column)].some((one) =>
        patterns.some((pattern) => matchesWhole(pattern, `${table}.${one}`)),
      ),
    );
  },
  ({ config, file }) => ({
    says: `column.exclude.list=${config['column.exclude.list']} in ${file}: these columns are in no event.`,
    evidence: [`column.exclude.list=${config['column.exclude.list']} in ${file}`],
    remedy: [`take them out of column.exclude.list in ${file}`, 'list them under mapping.…exclude, if that is meant'],
    certainty: 'shown',
  }),
);

const interval = property(
  {
    code: 'interval-as-number',
    title: 'interval.handling.mode=numeric makes a count of microseconds of an interval; its months and days are lost.',
    anomalies: ['corrupt'],
    docs: `${DEBEZIUM_PG}#postgresql-property-interval-handling-mode`,
  },
  ({ config }, facts) =>
    config['interval.handling.mode'] === 'string'
      ? undefined
      : findingsOf(facts, ['corrupt']).filter(({ table, differs }) =>
          differs?.some(({ column }) => columnOf(facts, table ?? '', column)?.type.startsWith('interval') === true),
        ),
  (source, _, explains) => ({
    says: `${stands(source, 'interval.handling.mode', 'numeric')}: an interval becomes a count of microseconds, and its months and days are lost.`,
    evidence: explains
      .slice(0, 1)
      .flatMap(({ differs = [] }) =>
        differs
          .slice(0, 1)
          .map(({ column, source: ours, sink }) => `${column} is ${ours} at the source and ${sink} at the sink`),
      ),
    remedy: [`in ${source.file}: interval.handling.mode=string`],
    certainty: 'shown',
  }),
);

export const SOURCE_PROPERTIES: readonly CauseEntry[] = [
  ...[partitionRoot, skipped, truncateSkipped, alteredColumn, excludedColumn, interval],
];
