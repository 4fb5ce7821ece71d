import type { DiagnosisFacts, SourceState } from '#model/cause.ts';
import type { Finding } from '#model/finding.ts';
import type { OwnConnector } from '#model/pipeline.ts';
import type { CauseEntry, Found } from '../entry.ts';
import { findingsOf, ofSource } from '../reading.ts';
import { refusedBy, sayRefused } from '../refused-writes.ts';

const PUBLICATIONS = 'https://www.postgresql.org/docs/current/sql-createpublication.html';

type Publication = SourceState['publications'][number];

/** Debezium's default for `publication.name`. */
const DEFAULT_NAME = 'dbz_publication';

/** A cause that a publication of a source connector makes. */
function published(
  entry: Omit<CauseEntry, 'find' | 'docs'>,
  find: (
    publication: Publication,
    facts: DiagnosisFacts,
    source: OwnConnector,
  ) => (Pick<Found, 'says' | 'evidence' | 'remedy'> & { readonly explains: readonly Finding[] }) | undefined,
): CauseEntry {
  return {
    ...entry,
    docs: PUBLICATIONS,
    find(facts) {
      for (const source of facts.sources) {
        const name = source.config['publication.name'] ?? DEFAULT_NAME;
        const publication = facts.source?.publications.find((one) => one.name === name);
        // What another connector captures its publication has no part in.
        const own = { ...facts, findings: ofSource(source, facts.findings) };
        const found = publication === undefined ? undefined : find(publication, own, source);
        if (found !== undefined && found.explains.length > 0) return { ...found, certainty: 'shown' };
      }
      return undefined;
    },
  };
}

const uncaptured = (facts: DiagnosisFacts): Finding[] =>
  findingsOf(
    facts,
    ['lost', 'stale', 'orphan', 'corrupt', 'missing-column', 'resurrected', 'partial-transaction'],
    ['source-to-log'],
  );

function sharesSlot({ config }: OwnConnector, { sources }: DiagnosisFacts): boolean {
  return sources.filter((one) => one.config['slot.name'] === config['slot.name']).length > 1;
}

const lacksTable = published(
  {
    code: 'publication-lacks-table',
    title: 'The publication does not contain a table that the connector is to capture.',
    anomalies: ['lost', 'stale', 'orphan'],
  },
  (publication, facts, source) => {
    // With a shared slot the second connector never comes to add its tables.
    if (sharesSlot(source, facts)) return undefined;
    const roots = new Set(Object.keys(facts.source?.partitions ?? {}));
    const has = new Set(publication.tables);
    const explains = uncaptured(facts).filter(
      ({ table }) => table !== undefined && !publication.allTables && !has.has(table) && !roots.has(table),
    );
    const tables = [...new Set(explains.flatMap(({ table }) => table ?? []))];
    return {
      says: `The publication ${publication.name} does not contain ${tables.join(', ')}: no change of it reaches the connector.`,
      evidence: [`pg_publication_tables has ${publication.tables.join(', ') || 'no table'} for ${publication.name}`],
      remedy: tables.map((table) => `at the source: ALTER PUBLICATION ${publication.name} ADD TABLE ${table};`),
      explains,
    };
  },
);

const rowFilter = published(
  {
    code: 'publication-row-filter',
    title: 'The publication has a row filter: rows that it does not hold of are never captured.',
    anomalies: ['lost', 'stale', 'orphan'],
  },
  (publication, facts) => {
    const explains = uncaptured(facts).filter(({ table }) => publication.filters[table ?? ''] !== undefined);
    const [table = ''] = explains.flatMap((one) => one.table ?? []);
    return {
      says: `The publication ${publication.name} publishes of ${table} only rows for which ${publication.filters[table]} holds.`,
      evidence: [`pg_publication_tables.rowfilter of ${table} is ${publication.filters[table]}`],
      remedy: [
        `at the source: ALTER PUBLICATION ${publication.name} SET TABLE ${publication.tables.join(', ')}; (without WHERE)`,
        'say under mapping what is compared, if the filter is meant',
      ],
      explains,
    };
  },
);

const columnList = published(
  {
    code: 'publication-column-list',
    title: 'The publication has a column list: the other columns are never captured.',
    anomalies: ['corrupt', 'missing-column', 'stale'],
  },
  (publication, facts) => {
    const isLeft = (table: string | undefined, column: string): boolean =>
      publication.columns[table ?? ''] !== undefined && publication.columns[table ?? '']?.includes(column) === false;
    const explains = findingsOf(facts, ['corrupt', 'missing-column', 'stale']).filter(({ table, column, differs }) =>
      [...(column === undefined ? [] : [column]), ...(differs ?? []).map((one) => one.column)].some((one) =>
        isLeft(table, one),
      ),
    );
    const [table = ''] = explains.flatMap((one) => one.table ?? []);
    const all = facts.tables.find(({ schema, name }) => `${schema}.${name}` === table)?.columns ?? [];
    const left = all.filter(({ name }) => isLeft(table, name)).map(({ name }) => name);
    return {
      says: `The publication ${publication.name} publishes of ${table} only the columns ${publication.columns[table]?.join(', ')}, not ${left.join(', ')}.`,
      evidence: [`pg_publication_tables.attnames of ${table} lacks ${left.join(', ')}`],
      remedy: [
        `at the source: ALTER PUBLICATION ${publication.name} SET TABLE ${publication.tables.join(', ')}; (without a column list)`,
      ],
      explains,
    };
  },
);

const SHOWN_BY = {
  insert: ['lost'],
  update: ['stale', 'corrupt'],
  delete: ['orphan', 'resurrected'],
  truncate: ['orphan'],
} as const;

const operations = published(
  {
    code: 'publication-operations',
    title: 'The publication does not publish inserts, updates, deletes or truncates.',
    anomalies: ['lost', 'stale', 'orphan'],
  },
  (publication, facts) => {
    // A TRUNCATE that is left out shows only where there was one.
    const made = ['insert', 'update', 'delete', ...(facts.fault.kind === 'truncate' ? ['truncate'] : [])] as const;
    const left = made.filter((one): one is keyof typeof SHOWN_BY => !publication.operations.some((has) => has === one));
    const explains = uncaptured(facts).filter(({ anomaly }) =>
      left.some((one) => (SHOWN_BY[one] as readonly string[]).includes(anomaly)),
    );
    return {
      says: `The publication ${publication.name} does not publish ${left.join(' and ')}.`,
      evidence: [`pg_publication has ${publication.operations.join(', ')} for ${publication.name}`],
      remedy: [
        `at the source: ALTER PUBLICATION ${publication.name} SET (publish = 'insert, update, delete, truncate');`,
      ],
      explains,
    };
  },
);

const identity: CauseEntry = {
  code: 'replica-identity-missing',
  title: 'PostgreSQL refuses updates and deletes of a published table without a replica identity.',
  anomalies: [],
  docs: 'https://www.postgresql.org/docs/current/logical-replication-publication.html#LOGICAL-REPLICATION-PUBLICATION-REPLICA-IDENTITY',
  seenOn: 'PostgreSQL 18.4',
  warns: true,
  find(facts) {
    const refused = refusedBy(facts);
    if (refused.length === 0) return undefined;
    const tables = [...new Set(refused.map(({ table }) => table))];
    return {
      says: `${refused.map(sayRefused).join('; ')}.`,
      evidence: refused.map(
        ({ table, operation, count }) => `the source's server refused ${count} × ${operation} on ${table}`,
      ),
      remedy: tables.flatMap((table) => [
        `at the source: ALTER TABLE ${table} ADD PRIMARY KEY (…);`,
        `at the source: ALTER TABLE ${table} REPLICA IDENTITY FULL; (or USING INDEX)`,
      ]),
      certainty: 'shown',
      explains: facts.findings,
    };
  },
};

export const PUBLICATION: readonly CauseEntry[] = [lacksTable, rowFilter, columnList, operations, identity];
