import type { TableId } from '#model/catalog.ts';
import type { DiagnosisFacts, SourceState } from '#model/cause.ts';
import type { Anomaly, Finding } from '#model/finding.ts';
import type { OwnConnector } from '#model/pipeline.ts';
import type { CauseEntry, Found } from '../entry.ts';
import { findingsOf, ofSource } from '../reading.ts';
import { refusedBy, sayRefused } from '../refused-writes.ts';

const PUBLICATIONS = 'https://www.postgresql.org/docs/current/sql-createpublication.html';

type Publication = SourceState['publications'][number];

/** Debezium's default for `publication.name`. */
const DEFAULT_NAME = 'dbz_publication';

/** A finding of one table. */
type Placed = Finding & { readonly table: TableId };

interface Given extends DiagnosisFacts {
  readonly source: SourceState;
  readonly findings: readonly Placed[];
}

/** A cause that a publication of a source connector makes. */
function published(
  entry: Omit<CauseEntry, 'find' | 'docs'>,
  find: (
    publication: Publication,
    facts: Given,
    connector: OwnConnector,
  ) => (Pick<Found, 'says' | 'evidence' | 'remedy'> & { readonly explains: readonly Finding[] }) | undefined,
): CauseEntry {
  return {
    ...entry,
    docs: PUBLICATIONS,
    find({ source, ...facts }) {
      if (source === undefined) return undefined;
      for (const connector of facts.sources) {
        const name = connector.config['publication.name'] ?? DEFAULT_NAME;
        const publication = source.publications.find((one) => one.name === name);
        // Tables that another connector captures are not affected by this publication.
        const findings = ofSource(connector, facts.findings).filter((one): one is Placed => one.table !== undefined);
        const found = publication && find(publication, { ...facts, source, findings }, connector);
        if (found !== undefined && found.explains.length > 0) return { ...found, certainty: 'shown' };
      }
      return undefined;
    },
  };
}

const uncaptured = ({ findings }: Given): Placed[] =>
  findings.filter(({ anomaly, hop }) => UNCAPTURED.includes(anomaly) && (hop ?? 'source-to-log') === 'source-to-log');
const UNCAPTURED: readonly Anomaly[] = [
  ...(['lost', 'stale', 'orphan', 'corrupt', 'missing-column', 'resurrected', 'partial-transaction'] as const),
];

function sharesSlot({ config }: OwnConnector, { sources }: DiagnosisFacts): boolean {
  return sources.filter((one) => one.config['slot.name'] === config['slot.name']).length > 1;
}

const lacksTable = published(
  {
    code: 'publication-lacks-table',
    title: 'The publication does not contain a table that the connector should capture.',
    anomalies: ['lost', 'stale', 'orphan'],
  },
  (publication, facts, connector) => {
    // With a shared slot the second connector never gets as far as adding its tables.
    if (sharesSlot(connector, facts)) return undefined;
    const roots = new Set(Object.keys(facts.source.partitions));
    const has = new Set(publication.tables);
    const explains = uncaptured(facts).filter(
      ({ table }) => !publication.allTables && !has.has(table) && !roots.has(table),
    );
    const tables = [...new Set(explains.map(({ table }) => table))];
    return {
      says: `The publication ${publication.name} does not contain ${tables.join(', ')}: changes there never reach the connector.`,
      evidence: [`pg_publication_tables lists ${publication.tables.join(', ') || 'no table'} for ${publication.name}`],
      remedy: tables.map((table) => `at the source: ALTER PUBLICATION ${publication.name} ADD TABLE ${table};`),
      explains,
    };
  },
);

const rowFilter = published(
  {
    code: 'publication-row-filter',
    title: 'The publication has a row filter: rows that do not match it are never captured.',
    anomalies: ['lost', 'stale', 'orphan'],
  },
  (publication, facts) => {
    const explains = uncaptured(facts).filter(({ table }) => publication.filters[table] !== undefined);
    const table = explains[0]?.table;
    if (table === undefined) return undefined;
    return {
      says: `The publication ${publication.name} has a row filter on ${table}: only rows that match ${publication.filters[table]} are captured.`,
      evidence: [`pg_publication_tables.rowfilter of ${table} is ${publication.filters[table]}`],
      remedy: [
        `at the source: ALTER PUBLICATION ${publication.name} SET TABLE ${publication.tables.join(', ')}; (without WHERE)`,
        `if the filter is intended, leave the table out of the comparison (mapping: ${table}: false)`,
      ],
      explains,
    };
  },
);

const SHOW_COLUMNS: readonly Anomaly[] = ['corrupt', 'missing-column', 'stale'];

const columnList = published(
  {
    code: 'publication-column-list',
    title: 'The publication has a column list: other columns are never captured.',
    anomalies: ['corrupt', 'missing-column', 'stale'],
  },
  (publication, facts) => {
    const leftOut = ({ table, column, differs = [] }: Placed): string[] =>
      [column, ...differs.map((one) => one.column)].flatMap((one) =>
        one !== undefined && publication.columns[table]?.includes(one) === false ? one : [],
      );
    const explains = facts.findings.filter((one) => SHOW_COLUMNS.includes(one.anomaly) && leftOut(one).length > 0);
    const table = explains[0]?.table;
    if (table === undefined) return undefined;
    const left = [...new Set(explains.filter((one) => one.table === table).flatMap(leftOut))];
    return {
      says: `The publication ${publication.name} has a column list on ${table} (${publication.columns[table]?.join(', ')}), without ${left.join(', ')}.`,
      evidence: [`pg_publication_tables.attnames of ${table} does not contain ${left.join(', ')}`],
      remedy: [
        `at the source: ALTER PUBLICATION ${publication.name} SET TABLE ${publication.tables.join(', ')}; (without a column list)`,
      ],
      explains,
    };
  },
);

const EITHER = new Intl.ListFormat('en', { type: 'disjunction' });
const ROW_OPERATIONS = ['insert', 'update', 'delete'] as const;
const SHOWN_BY: Readonly<Record<Publication['operations'][number], readonly Anomaly[]>> = {
  insert: ['lost'],
  update: ['stale', 'corrupt'],
  delete: ['orphan', 'resurrected'],
  truncate: ['orphan'],
};

const operations = published(
  {
    code: 'publication-operations',
    title: 'The publication does not publish some operations: insert, update, delete or truncate.',
    anomalies: ['lost', 'stale', 'orphan'],
  },
  (publication, facts) => {
    // A missing truncate matters only if a table was truncated.
    const made = [...ROW_OPERATIONS, ...(facts.fault.kind === 'truncate' ? (['truncate'] as const) : [])];
    const left = made.filter((one) => !publication.operations.includes(one));
    const explains = uncaptured(facts).filter(({ anomaly }) => left.some((one) => SHOWN_BY[one].includes(anomaly)));
    return {
      says: `The publication ${publication.name} does not publish ${EITHER.format(left)}.`,
      evidence: [`pg_publication lists ${publication.operations.join(', ') || 'no operation'} for ${publication.name}`],
      remedy: [
        `at the source: ALTER PUBLICATION ${publication.name} SET (publish = 'insert, update, delete, truncate');`,
      ],
      explains,
    };
  },
);

const identity: CauseEntry = {
  code: 'replica-identity-missing',
  title: 'PostgreSQL refuses updates and deletes on a published table without a replica identity.',
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
      evidence: refused.map(({ table, operation, count }) => `the source refused ${operation} on ${table}: ${count} ×`),
      remedy: tables.flatMap((table) => [
        `at the source: ALTER TABLE ${table} ADD PRIMARY KEY (…);`,
        `at the source: ALTER TABLE ${table} REPLICA IDENTITY FULL; (or USING INDEX)`,
      ]),
      certainty: 'shown',
      // A refused statement changes nothing at the source: no row is wrong because of it.
      explains: findingsOf(facts, ['stalled']),
    };
  },
};

export const PUBLICATION: readonly CauseEntry[] = [lacksTable, rowFilter, columnList, operations, identity];
