import type { Database } from '#model/pipeline.ts';
import type { Surveyor } from '#model/shape.ts';
import type { SetUpWatch, Workload } from '#model/workload.ts';
import { OperatorError } from '#std/errors.ts';
import { random } from '#std/random.ts';
import { neverFilled } from './first-rows.ts';
import { genericGenerator, unwritable } from './generator.ts';
import { type Surveyed, survey } from './survey.ts';
import { referredTo, whyNotChosen, whyNotTruncated } from './truncatable.ts';

export interface GenericOptions {
  readonly name: string;
  /** Creates and fills the tables. */
  install(database: Database, watch?: Omit<SetUpWatch, 'limitMs'>): Promise<void>;
  /** Only these tables (`schema.name`) are written; all that can be where it is left out. */
  readonly tables?: readonly string[];
  /** Tables that somebody else writes, and who. */
  readonly leave?: ReadonlyMap<string, string>;
  /** Told of each table that is not written, or no longer, and why. */
  readonly onLeftOut?: (table: string, why: string) => void;
}

/** Any schema as a workload: what is written is made from the database's own catalog. */
export function genericWorkload({ name, install, tables, leave, onLeftOut }: GenericOptions): Workload {
  return {
    name,
    install: (database, _seed, _installer, watch) => install(database, watch),
    generator() {
      throw new Error('the generic writer must see the database: openGenerator');
    },
    async openGenerator(seed, source, surveyor) {
      const all = await look(seed, source, surveyor);
      const whyNot = leftOut(all, surveyor, { tables, leave });
      for (const [table, why] of whyNot) onLeftOut?.(table, why);
      const able = all.filter(({ shape }) => !whyNot.has(shape.id));
      if (able.length === 0)
        throw new OperatorError({
          code: 'nothing-to-write',
          message: 'the built-in writer finds no table that it could write',
          expected: 'a table into which a row can be put, beginning with what the schema file has put there',
          found: all.length === 0 ? 'no tables' : [...whyNot].map(([table, why]) => `${table}: ${why}`).join('; '),
          hint: 'put a few rows into the schema file, or let a program of your own write: writer.command',
        });
      return genericGenerator(seed, {
        ...{ tables: all, own: surveyor, writable: new Set(able.map(({ shape }) => shape.id)) },
        ...(onLeftOut === undefined ? {} : { onGivenUp: onLeftOut }),
      });
    },
  };
}

/** One seed finds the same values whenever it looks at the same tables. */
function look(seed: number, source: Database, surveyor: Surveyor): Promise<Surveyed[]> {
  return survey(source, surveyor, random(seed).fork('generic-survey'));
}

export interface Truncation {
  /** See {@link GenericOptions}. */
  readonly tables: readonly string[] | undefined;
  /** The table to be emptied; any that can be where it is left out. */
  readonly wanted: string | undefined;
}

const TOLD_MAX = 3;

/** Why the writer of this database will have no table to truncate; undefined where it will, once there are rows. */
export async function whyNoTruncation(
  seed: number,
  source: Database,
  surveyor: Surveyor,
  { tables, wanted }: Truncation,
): Promise<string | undefined> {
  const all = await look(seed, source, surveyor);
  const unwritten = leftOut(all, surveyor, { tables });
  const referred = referredTo(all);
  const rule = wanted === undefined ? whyNotChosen : whyNotTruncated;
  const reasons = all
    .filter(({ shape }) => wanted === undefined || shape.id === wanted)
    .map((one) => {
      const unwrittenWhy = unwritten.get(one.shape.id);
      const why = unwrittenWhy === undefined ? rule(one, referred) : `it is not written (${unwrittenWhy})`;
      return { table: one.shape.id, why };
    });
  if (reasons.length === 0) return `${wanted ?? 'the source'}: there is no permanent table that could be written`;
  if (reasons.some(({ why }) => why === undefined)) return undefined;
  const told = reasons.slice(0, TOLD_MAX).map(({ table, why }) => `${table}: ${why}`);
  const more = reasons.length - told.length;
  return `${told.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

interface LeftOut {
  readonly tables: readonly string[] | undefined;
  readonly leave?: ReadonlyMap<string, string> | undefined;
}

/** The tables that are not written, and why. */
function leftOut(
  all: readonly Surveyed[],
  own: Pick<Surveyor, 'ownValue'>,
  { tables, leave = new Map() }: LeftOut,
): ReadonlyMap<string, string> {
  const whyNot = new Map<string, string>();
  for (const one of all) {
    const why =
      leave.get(one.shape.id) ??
      unwritable(one, own) ??
      (tables?.includes(one.shape.id) === false ? 'writer.tables does not name it' : undefined);
    if (why !== undefined) whyNot.set(one.shape.id, why);
  }
  const able = new Set(all.map(({ shape }) => shape.id).filter((id) => !whyNot.has(id)));
  return new Map([...whyNot, ...neverFilled(all, able)]);
}
