import { answered, listed, type SetUpEntry } from './entry.ts';

const SERVER = 'https://www.postgresql.org/docs/current';

const nothing: SetUpEntry = {
  code: 'replica-identity-nothing',
  title: 'A captured table has REPLICA IDENTITY NOTHING: the source refuses its updates and deletes.',
  docs: `${SERVER}/sql-altertable.html#SQL-ALTERTABLE-REPLICA-IDENTITY`,
  find: answered(
    ({ source }) => source,
    ({ capture, tables }, { where }, { pipeline }) => {
      const { publication } = capture ?? {};
      if (publication === undefined || publication.insertsOnly === true || !pipeline.cdc) return undefined;
      const without = tables
        .filter(({ id, identity }) => identity === 'n' && (publication.allTables || publication.tables.includes(id)))
        .map(({ id }) => id);
      if (without.length === 0) return undefined;
      return {
        says: `${listed(without)} has REPLICA IDENTITY NOTHING: while ${pipeline.publication} publishes it, the source refuses every UPDATE and DELETE of it.`,
        evidence: [
          `pg_class at ${where}: relreplident of ${listed(without)} is n`,
          `pg_publication at ${where}: ${pipeline.publication} publishes updates or deletes`,
        ],
        fix: {
          by: 'sql',
          at: `the source ${where}, as the tables' owner`,
          run: without.map((id) => `ALTER TABLE ${pipeline.quoted[id]} REPLICA IDENTITY DEFAULT`),
        },
        notes: [
          'a table without a primary key needs REPLICA IDENTITY FULL, or USING INDEX of a unique one of columns that are NOT NULL',
        ],
        certainty: 'shown',
      };
    },
  ),
};

export const IDENTITY: readonly SetUpEntry[] = [nothing];
