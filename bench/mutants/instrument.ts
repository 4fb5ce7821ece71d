import { globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Instrumenter } from '@stryker-mutator/instrumenter';
import { ROOT } from '#setup/layout.mjs';

/** One small change to the code. */
export interface Mutant {
  readonly id: string;
  /** From the root. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** What kind of change: `ConditionalExpression`, `StringLiteral` … */
  readonly mutator: string;
  /** The code that is replaced and what stands there instead, blanks made one. */
  readonly original: string;
  readonly replacement: string;
}

export interface Instrumented {
  readonly mutants: readonly Mutant[];
  /** The text of each file with all its mutants, of which a switch chooses one. */
  readonly texts: ReadonlyMap<string, string>;
}

const silent = (): void => {};
const quiet = (): boolean => false;
const LOGGER = {
  ...{ isTraceEnabled: quiet, isDebugEnabled: quiet, isInfoEnabled: quiet },
  ...{ isWarnEnabled: quiet, isErrorEnabled: quiet, isFatalEnabled: quiet },
  ...{ trace: silent, debug: silent, info: silent, warn: silent, error: silent, fatal: silent },
};

/** All mutants that StrykerJS makes of the files that match; tests are left as they are. */
export async function instrument(globs: readonly string[], matches: (file: string) => boolean): Promise<Instrumented> {
  const files = globSync([...globs], { cwd: ROOT })
    .filter((file) => !/\.test\.ts$/.test(file) && matches(file))
    .toSorted()
    .map((name) => ({ name: join(ROOT, name), content: readFileSync(join(ROOT, name), 'utf8'), mutate: true }));
  const made = await new Instrumenter(LOGGER).instrument(files, { plugins: null, excludedMutations: [], ignorers: [] });
  const lines = new Map(files.map(({ name, content }) => [name, content.split('\n')]));
  return {
    texts: new Map(made.files.map(({ name, content }) => [name, content])),
    mutants: made.mutants.map(({ id, fileName, location: { start, end }, mutatorName, replacement }) => ({
      id,
      file: relative(ROOT, fileName),
      line: start.line + 1,
      column: start.column + 1,
      mutator: mutatorName,
      original: oneLine(between(lines.get(fileName) ?? [], start, end)),
      replacement: oneLine(replacement),
    })),
  };
}

interface Place {
  readonly line: number;
  readonly column: number;
}

function between(lines: readonly string[], start: Place, end: Place): string {
  const part = lines.slice(start.line, end.line + 1);
  const last = part.pop() ?? '';
  return [...part, last.slice(0, end.column)].join('\n').slice(start.column);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}
