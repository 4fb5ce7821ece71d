import { between } from '#engines/between.ts';
import { connectSide, engineOfUrl } from '#engines/index.ts';
import type { Engine } from '#engines/port/engine.ts';
import type { SetUpMark } from '#engines/port/set-up.ts';
import type { StreamStart } from '#engines/port/stream.ts';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import type { Asked, Place, SourceSetUp, TargetSetUp, TargetTable } from '#model/set-up.ts';
import { OperatorError } from '#std/errors.ts';
import { placeOf } from '../servers.ts';
import { type Asking, asked } from './reach.ts';

/** A database by its address, and by what that stands for here. */
export interface Address {
  readonly address: string;
  readonly url: string;
}

/** A source, with the catalog of the pipeline's tables for whoever compares a target with them. */
export interface SourceRead {
  readonly facts: Asked<SourceSetUp>;
  readonly catalog: readonly Table[];
}

function databasePlace({ address, url }: Address): Place {
  const { server, database } = placeOf(url);
  const { host, port, user } = server;
  return {
    where: `${user === '' ? '' : `${user}@`}${host}:${port}/${database}`,
    ...{ address, user, host, port, database, title: engineOfUrl(url).title },
  };
}

/** What bears on loading and capturing the tables, as the source has it now. */
export async function readSource(
  address: Address,
  {
    publication,
    tables,
    cdc,
    stream,
  }: SetUpMark & { readonly cdc: boolean; readonly stream?: StreamStart | undefined },
  asking: Asking,
): Promise<SourceRead> {
  let catalog: readonly Table[] = [];
  const facts = await onDatabase(address, asking, async (database, engine): Promise<SourceSetUp> => {
    const all = await engine.compare.readCatalog(database);
    catalog = all.filter((table) => tables.includes(tableId(table)));
    if (engine.setUp !== undefined) return engine.setUp.source(database, { publication, tables });
    const { user = '' } = databasePlace(address);
    const found = catalog.map((table) => ({
      ...{ id: tableId(table), key: table.key, readable: true, owned: true, owner: user },
    }));
    const uncapturable = cdc ? await whyUncapturable(database, engine, asking) : undefined;
    const gone = stream && (await engine.stream?.whyGone(address.url, stream));
    return { tables: found, known: all.map(tableId), ...(uncapturable && { uncapturable }), ...(gone && { gone }) };
  });
  return { facts, catalog };
}

async function whyUncapturable(
  database: Database,
  { stream, title }: Engine,
  { hide }: Asking,
): Promise<SourceSetUp['uncapturable']> {
  if (stream === undefined) return { says: `changes of ${title} cannot be carried on from a full load yet` };
  try {
    await stream.require(database);
    return undefined;
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    const { message, found, hint } = error;
    const says = hide(found === undefined ? message : `${message}: ${found}`);
    return { says, ...(hint === undefined ? {} : { hint: hide(hint) }) };
  }
}

/** What the target has of the source's tables, and what the user may do there. */
export function readTarget(
  address: Address,
  source: { readonly engine: Engine; readonly tables: readonly TableId[]; readonly catalog: readonly Table[] },
  asking: Asking,
): Promise<Asked<TargetSetUp>> {
  return onDatabase(address, asking, async (database, engine): Promise<TargetSetUp> => {
    const across = between(source.engine, engine);
    const there = new Map((await engine.compare.readCatalog(database)).map((table) => [tableId(table), table]));
    const wanted = source.tables.map((id) => ({ source: id, id: across.sinkId(id) }));
    const more = await engine.setUp?.targetRights(
      database,
      wanted.map(({ id }) => id),
    );
    const tables = wanted.map((pair): TargetTable => {
      const own = source.catalog.find((table) => tableId(table) === pair.source);
      const quoted = engine.dialect.quoteTable(pair.id);
      const found = there.get(pair.id);
      const lacks =
        own === undefined || found === undefined ? [] : lacking(across.atSink(own), found, { engine, quoted });
      const rights = more?.rights.get(pair.id);
      return { ...pair, quoted, exists: found !== undefined, lacks, ...(rights === undefined ? {} : { rights }) };
    });
    // It only lets a cause say more: a user who may not read it is told of no other fault.
    const state = await engine.sink.state(database).catch(() => undefined);
    return { tables, schemas: more?.schemas ?? [], ...(state && { state }) };
  });
}

/** The columns that a table of the target lacks, each with the statement that adds it. `wanted` is the source's in the target's terms. */
export function lacking(
  wanted: Table,
  found: Table,
  { engine, quoted }: { readonly engine: Engine; readonly quoted: string },
): TargetTable['lacks'] {
  const names = new Set(found.columns.map(({ name }) => name));
  return wanted.columns
    .filter(({ name, generated }) => !generated && !names.has(name))
    .map(({ name, type }) => ({
      column: name,
      add: `ALTER TABLE ${quoted} ADD ${engine.dialect.quote(name)} ${type}`,
    }));
}

/** Opens a database as whoever starts the pipeline would, and asks it. */
function onDatabase<T>(
  address: Address,
  asking: Asking,
  ask: (database: Database, engine: Engine) => Promise<T>,
): Promise<Asked<T>> {
  const { url } = address;
  const engine = engineOfUrl(url);
  return asked(
    databasePlace(address),
    asking,
    async (signal) => {
      // It says which server answers, and what the connection lacks, better than a driver does.
      await using _ = await connectSide(url, { connections: 1, signal });
      const database = engine.server.open(url, { max: 1, application: 'driftlab diagnose' });
      try {
        return await ask(database, engine);
      } finally {
        await database.close();
      }
    },
    engine.setUp?.refusalOf,
  );
}
