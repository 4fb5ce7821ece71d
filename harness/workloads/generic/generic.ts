import type { Database } from '#model/pipeline.ts';
import type { Workload } from '#model/workload.ts';
import { OperatorError } from '#std/errors.ts';
import { random } from '#std/random.ts';
import { genericGenerator, unwritable } from './generator.ts';
import { type Surveyed, survey } from './survey.ts';

export interface GenericOptions {
  readonly name: string;
  /** Creates and fills the tables. */
  install(database: Database): Promise<void>;
  /** Only these tables (`schema.name`) are written; all that can be where it is left out. */
  readonly tables?: readonly string[];
  /** Told of each table that is not written, and why. */
  readonly onLeftOut?: (table: string, why: string) => void;
}

/** Any schema as a workload: what is written is made from the database's own catalog. */
export function genericWorkload({ name, install, tables, onLeftOut }: GenericOptions): Workload {
  return {
    name,
    install: (database) => install(database),
    generator() {
      throw new Error('the generic writer must see the database: openGenerator');
    },
    async openGenerator(seed, source) {
      const all = await survey(source, random(seed).fork('generic-survey'));
      const able: Surveyed[] = [];
      for (const one of all) {
        const why =
          unwritable(one) ?? (tables?.includes(one.shape.id) === false ? 'writer.tables does not name it' : undefined);
        if (why === undefined) able.push(one);
        else onLeftOut?.(one.shape.id, why);
      }
      if (able.length === 0)
        throw new OperatorError({
          code: 'nothing-to-write',
          message: 'the built-in writer finds no table that it could write',
          found:
            all.length === 0
              ? 'no tables'
              : all.map((one) => `${one.shape.id}: ${unwritable(one) ?? 'not named'}`).join('; '),
          hint: 'let a program of your own write: writer.command',
        });
      return genericGenerator(seed, all, new Set(able.map(({ shape }) => shape.id)));
    },
  };
}
