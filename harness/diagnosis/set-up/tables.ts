import type { SetUpFacts } from '#model/set-up.ts';
import { nearest } from '#std/nearest.ts';
import { answered, listed, type SetUpEntry } from './entry.ts';
import { quoted } from './sql.ts';

const SERVER = 'https://www.postgresql.org/docs/current';
const source = ({ source: asked }: SetUpFacts) => asked;

const missing: SetUpEntry = {
  code: 'source-table-missing',
  title: 'The source has no table of this name.',
  docs: `${SERVER}/ddl-schemas.html`,
  find: answered(source, ({ tables, known }, { where, database }, { pipeline }) => {
    const gone = pipeline.tables.filter((id) => tables.every((table) => table.id !== id));
    if (gone.length === 0) return undefined;
    const meant = [...new Set(gone.flatMap((id) => nearest(id, known)))];
    return {
      says: `The source has no table ${listed(gone)}.`,
      evidence: [
        `${where} has ${known.length} tables in the database ${database}, and ${listed(gone)} is not among them`,
      ],
      fix: { by: 'sql', at: `the source ${where}`, run: gone.map((id) => `CREATE TABLE ${pipeline.quoted[id]} (…)`) },
      notes: [
        ...(meant.length === 0 ? [] : [`did you mean ${meant.join(' or ')}?`]),
        `or delete ${pipeline.name} and create it with the right --tables: the name is schema.table as the catalog spells it`,
      ],
      certainty: 'shown',
    };
  }),
};

const unreadable: SetUpEntry = {
  code: 'source-table-unreadable',
  title: 'The user may not read a table of the source.',
  docs: `${SERVER}/sql-grant.html`,
  find: answered(source, ({ tables }, { where, user = '' }, { pipeline }) => {
    const refused = tables.filter(({ readable }) => !readable).map(({ id }) => id);
    if (refused.length === 0) return undefined;
    const schemas = [...new Set(refused.map((id) => id.slice(0, id.indexOf('.'))))];
    return {
      says: `${user} may not read ${listed(refused)} at the source.`,
      evidence: [
        `the rights of ${user} at ${where}: no SELECT on every column of ${listed(refused)}, or no USAGE of the schema`,
      ],
      fix: {
        by: 'sql',
        at: `the source ${where}, as the tables' owner`,
        run: [
          ...schemas.map((schema) => `GRANT USAGE ON SCHEMA ${quoted(schema)} TO ${quoted(user)}`),
          ...refused.map((id) => `GRANT SELECT ON ${pipeline.quoted[id]} TO ${quoted(user)}`),
        ],
      },
      check: refused.map((id) => `SELECT has_table_privilege('${user}', '${id}', 'SELECT') gives t`),
      certainty: 'shown',
    };
  }),
};

const keyless: SetUpEntry = {
  code: 'source-table-keyless',
  title: 'A table without a primary key is part of a pipeline with CDC.',
  docs: `${SERVER}/logical-replication-publication.html#LOGICAL-REPLICATION-PUBLICATION-REPLICA-IDENTITY`,
  find: answered(source, ({ tables }, { where }, { pipeline }) => {
    const without = tables.filter(({ key }) => key.length === 0).map(({ id }) => id);
    // Somebody's own connector may capture a table that is only ever added to.
    if (!pipeline.cdc || pipeline.foreign || without.length === 0) return undefined;
    return {
      says: `${listed(without)} has no primary key: a sink cannot tell its rows apart, and PostgreSQL refuses updates and deletes of a published table without one.`,
      evidence: [`the catalog of ${where}: no primary key on ${listed(without)}`],
      fix: {
        by: 'sql',
        at: `the source ${where}, as the tables' owner`,
        run: without.map((id) => `ALTER TABLE ${pipeline.quoted[id]} ADD PRIMARY KEY (…)`),
      },
      notes: ['or load such a table with a pipeline of the mode full_load_only'],
      certainty: 'shown',
    };
  }),
};

export const TABLES: readonly SetUpEntry[] = [missing, unreadable, keyless];
