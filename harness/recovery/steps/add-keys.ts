import { engineOfUrl } from '#engines/index.ts';
import { type Table, tableId } from '#model/catalog.ts';
import { runStatements } from '../databases.ts';
import type { RecoveryStep } from '../step.ts';
import { tablesOf } from '../tables.ts';
import type { Databases } from '../world.ts';

/** Gives tables of the target the primary key that the source's have: a row cannot be there twice from then on. */
export function addKeys(world: Databases): RecoveryStep {
  const { target, signal } = world;
  return {
    id: 'add-keys',
    title: 'give the tables of the target the primary key of the source',
    at: `the target ${target.where}`,
    async look() {
      const keyless = await keylessOf(world);
      if (keyless.length === 0) return { saw: 'every table of the target has its primary key', run: [] };
      const run = keyless.map(({ add }) => add);
      return { saw: `no primary key on ${named(keyless)}`, run, apply: () => runStatements(target, run, signal) };
    },
    async holds() {
      const keyless = await keylessOf(world);
      return { holds: keyless.length === 0, saw: keyless.length === 0 ? 'each has one' : `none on ${named(keyless)}` };
    },
  };
}

interface Keyless {
  readonly table: string;
  readonly add: string;
}

const named = (keyless: readonly Keyless[]): string => keyless.map(({ table }) => table).join(', ');

async function keylessOf(world: Databases): Promise<readonly Keyless[]> {
  const { dialect } = engineOfUrl(world.target.url);
  const tables = await tablesOf(world);
  return tables.flatMap(({ wanted, found }): Keyless[] => {
    if (wanted.key.length === 0 || found.key.length > 0) return [];
    const columns = wanted.key.map((column) => dialect.quote(column)).join(', ');
    return [
      { table: tableId(found), add: `ALTER TABLE ${dialect.quoteTable(tableId(found))} ADD PRIMARY KEY (${columns})` },
    ];
  });
}

/** The source's primary keys, of tables by their names there, where the target's table has none: they name its rows. */
export async function keysOf(world: Databases): Promise<Readonly<Record<string, readonly string[]>>> {
  const tables = await tablesOf(world);
  const keyless = tables.filter(({ wanted, found }) => found.key.length === 0 && wanted.key.length > 0);
  return Object.fromEntries(keyless.map(({ name, wanted }): [string, Table['key']] => [name, wanted.key]));
}
