import { engineOfUrl } from '#engines/index.ts';
import { lacking } from '#manager/diagnose/read-databases.ts';
import { tableId } from '#model/catalog.ts';
import { runStatements } from '../databases.ts';
import type { RecoveryStep } from '../step.ts';
import { tablesOf } from '../tables.ts';
import type { Databases } from '../world.ts';

/** Adds the columns that tables of the target lack, of the types that the source's have there. */
export function addColumns(world: Databases): RecoveryStep {
  const { target, signal } = world;
  return {
    id: 'add-columns',
    title: 'add the columns that the target lacks',
    at: `the target ${target.where}`,
    async look() {
      const lacks = await lacksOf(world);
      if (lacks.length === 0) return { saw: 'the target has every column of the source', run: [] };
      const run = lacks.map(({ add }) => add);
      return {
        saw: `the target lacks ${named(lacks)}`,
        run,
        apply: () => runStatements(target, run, signal),
      };
    },
    async holds() {
      const lacks = await lacksOf(world);
      return { holds: lacks.length === 0, saw: lacks.length === 0 ? 'it lacks none' : `it lacks ${named(lacks)}` };
    },
  };
}

interface Lack {
  readonly table: string;
  readonly column: string;
  readonly add: string;
}

async function lacksOf(world: Databases): Promise<readonly Lack[]> {
  const engine = engineOfUrl(world.target.url);
  return (await tablesOf(world)).flatMap(({ wanted, found }) => {
    const table = tableId(found);
    return lacking(wanted, found, { engine, quoted: engine.dialect.quoteTable(table) }).map((one) => ({
      table,
      ...one,
    }));
  });
}

const named = (lacks: readonly Lack[]): string => lacks.map(({ table, column }) => `${table}.${column}`).join(', ');
