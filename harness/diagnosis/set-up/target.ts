import type { SetUpFacts } from '#model/set-up.ts';
import { anew } from './anew.ts';
import { answered, listed, type SetUpEntry } from './entry.ts';
import { quoted } from './sql.ts';

const SERVER = 'https://www.postgresql.org/docs/current';
const target = ({ target: asked }: SetUpFacts) => asked;

const tableMissing: SetUpEntry = {
  code: 'target-table-missing',
  title: 'A table that was loaded is not at the target any more.',
  docs: 'https://debezium.io/documentation/reference/stable/connectors/jdbc.html',
  find: answered(target, ({ tables }, { where }, { pipeline }) => {
    const gone = tables.filter(({ exists }) => !exists).map(({ id }) => id);
    // Before that a start makes it.
    if (gone.length === 0 || !pipeline.loaded) return undefined;
    return {
      says: `The target has no table ${listed(gone)} any more; a start would make it, without the rows that were loaded.`,
      evidence: [`the catalog of ${where}: no ${listed(gone)}`, `the state: the load of ${pipeline.name} is complete`],
      fix: anew({ pipeline }),
      notes: ['or restore the table with its rows'],
      check: ['driftlab reconcile finds both sides equal'],
      certainty: 'shown',
    };
  }),
};

const columnMissing: SetUpEntry = {
  code: 'target-column-missing',
  title: "A table of the target lacks a column of the source's.",
  docs: 'https://debezium.io/documentation/reference/stable/connectors/jdbc.html#jdbc-schema-evolution',
  find: answered(target, ({ tables }, { where }, { pipeline }) => {
    const lacking = tables.filter(({ lacks }) => lacks.length > 0);
    if (lacking.length === 0) return undefined;
    const columns = lacking.flatMap(({ id, lacks }) => lacks.map(({ column }) => `${id}.${column}`));
    return {
      says: `The target lacks ${listed(columns)}, which the source has: a start refuses the table.`,
      evidence: [`the catalog of ${where}: no ${listed(columns)}`],
      fix: {
        by: 'sql',
        at: `the target ${where}, as the tables' owner`,
        run: lacking.flatMap(({ lacks }) => lacks.map(({ add }) => add)),
      },
      notes: pipeline.loaded
        ? ['rows that are there have NULL in it: driftlab reconcile finds them and repairs them']
        : [],
      certainty: 'shown',
    };
  }),
};

/** What a pipeline does with rows at its target. */
function needed({ cdc, mode, onExisting }: SetUpFacts['pipeline']): readonly string[] {
  return [
    'SELECT',
    'INSERT',
    ...(cdc || onExisting === 'append' ? ['UPDATE'] : []),
    ...(cdc ? ['DELETE'] : []),
    ...(mode !== 'cdc_only' && onExisting === 'truncate' ? ['TRUNCATE'] : []),
  ];
}

const rightMissing: SetUpEntry = {
  code: 'target-right-missing',
  title: 'The user lacks a right on a table of the target.',
  docs: `${SERVER}/sql-grant.html`,
  find: answered(target, ({ tables, schemas }, { where, user = '' }, { pipeline }) => {
    const closed = schemas.filter(({ usable }) => !usable).map(({ name }) => name);
    const lacking = tables.flatMap(({ id, quoted: table, rights }) => {
      const lacks = rights === undefined ? [] : needed(pipeline).filter((right) => !rights.includes(right));
      return lacks.length === 0 ? [] : [{ id, table, lacks: lacks.join(', ') }];
    });
    if (closed.length + lacking.length === 0) return undefined;
    const what = [
      ...closed.map((name) => `USAGE on the schema ${name}`),
      ...lacking.map(({ id, lacks }) => `${lacks} on ${id}`),
    ];
    return {
      says: `${user} lacks ${what.join('; ')} at the target.`,
      evidence: [`the rights of ${user} at ${where}: no ${what.join('; no ')}`],
      fix: {
        by: 'sql',
        at: `the target ${where}, as the tables' owner`,
        run: [
          ...closed.map((name) => `GRANT USAGE ON SCHEMA ${quoted(name)} TO ${quoted(user)}`),
          ...lacking.map(({ table, lacks }) => `GRANT ${lacks} ON ${table} TO ${quoted(user)}`),
        ],
      },
      check: lacking.map(({ id, lacks }) => `SELECT has_table_privilege('${user}', '${id}', '${lacks}') gives t`),
      certainty: 'shown',
    };
  }),
};

const createMissing: SetUpEntry = {
  code: 'target-create-missing',
  title: 'The user may not make the tables that the target does not have yet.',
  docs: `${SERVER}/ddl-priv.html`,
  find: answered(target, ({ tables, schemas }, { where, user = '', database = '' }, { pipeline }) => {
    const wanted = tables.filter(({ exists }) => !exists && !pipeline.loaded).map(({ id }) => id);
    const barred = schemas.filter(({ name, creates }) => !creates && wanted.some((id) => id.startsWith(`${name}.`)));
    if (barred.length === 0) return undefined;
    return {
      says: `${user} may not make ${listed(wanted)} at the target.`,
      evidence: barred.map(({ name, exists }) =>
        exists
          ? `${user} has no CREATE on the schema ${name} at ${where}`
          : `${where} has no schema ${name}, and ${user} no CREATE on the database`,
      ),
      fix: {
        by: 'sql',
        at: `the target ${where}, as a superuser`,
        run: barred.map(({ name, exists }) =>
          exists
            ? `GRANT CREATE ON SCHEMA ${quoted(name)} TO ${quoted(user)}`
            : `GRANT CREATE ON DATABASE ${quoted(database)} TO ${quoted(user)}`,
        ),
      },
      notes: ['or make the tables yourself: driftlab pipeline start uses a table that is there'],
      certainty: 'shown',
    };
  }),
};

export const TARGET: readonly SetUpEntry[] = [tableMissing, columnMissing, createMissing, rightMissing];
