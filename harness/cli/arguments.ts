import { parseArgs } from 'node:util';
import { OperatorError } from '#std/errors.ts';
import { nearest } from '#std/nearest.ts';

interface Described {
  /** One sentence for `--help`, without its full stop. */
  readonly help: string;
}

/** An option that takes a value. `parse` throws an OperatorError for a value that cannot be. */
export interface ValueOption<T> extends Described {
  readonly kind: 'value';
  /** What stands for the value in the help: `N`, `SECONDS`. */
  readonly placeholder: string;
  /** What holds without the option, in words. */
  readonly otherwise?: string;
  parse(text: string, option: string): T;
}

/** An option that is there or is not. */
export interface Switch extends Described {
  readonly kind: 'switch';
}

/** Options by name: the one table that parsing, validation and the help are made from. */
export type OptionTable = Readonly<Record<string, ValueOption<unknown> | Switch>>;

export type OptionValues<T extends OptionTable> = {
  readonly [Name in keyof T]: T[Name] extends ValueOption<infer Value> ? Value | undefined : boolean;
};

/** How a command is called. */
export interface Usage<T extends OptionTable> {
  /** `scenario`, as it is typed after `driftlab`. */
  readonly command: string;
  readonly summary: string;
  /** Names of what stands without dashes, in order. */
  readonly operands: readonly string[];
  readonly options: T;
  readonly examples: readonly string[];
}

export interface ParsedArguments<T extends OptionTable> {
  readonly operands: readonly string[];
  readonly options: OptionValues<T>;
}

/** Parses a command's arguments; throws an OperatorError (exit 2) for whatever the table does not know. */
export function parseArguments<T extends OptionTable>(usage: Usage<T>, args: readonly string[]): ParsedArguments<T> {
  const names = Object.keys(usage.options);
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      names.map((name) => [name, { type: usage.options[name]?.kind === 'value' ? 'string' : 'boolean' } as const]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values: Record<string, unknown> = {};
  for (const name of names) values[name] = usage.options[name]?.kind === 'switch' ? false : undefined;
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind === 'option') values[token.name] = readOption(usage, token.name, token.rawName, token.value);
  }
  const extra = operands[usage.operands.length];
  if (extra !== undefined) {
    throw usageError(usage, `driftlab ${usage.command} does not know what to do with "${extra}"`);
  }
  return { operands, options: values as OptionValues<T> };
}

function readOption<T extends OptionTable>(usage: Usage<T>, name: string, rawName: string, value: string | undefined) {
  const option = Object.hasOwn(usage.options, name) ? usage.options[name] : undefined;
  if (option === undefined) throw unknownName('option', rawName, dashed(usage.options), helpHint(usage));
  if (option.kind === 'switch') {
    if (value !== undefined) throw usageError(usage, `--${name} takes no value`);
    return true;
  }
  // A value that begins with a dash is far more often a forgotten value than meant as one.
  if (value === undefined || value === '' || value.startsWith('-')) {
    throw usageError(usage, `--${name} needs a value: --${name} ${option.placeholder}`);
  }
  return option.parse(value, `--${name}`);
}

function dashed(options: OptionTable): string[] {
  return Object.keys(options).map((name) => `--${name}`);
}

function helpHint<T extends OptionTable>(usage: Usage<T>): string {
  return `driftlab ${usage.command} --help lists what there is`;
}

export function usageError<T extends OptionTable>(usage: Usage<T>, message: string): OperatorError {
  return new OperatorError({ code: 'wrong-usage', message, hint: helpHint(usage) });
}

/** The error for a name that is none of `known`, with those that may have been meant. */
export function unknownName(what: string, word: string, known: readonly string[], otherHint?: string): OperatorError {
  const meant = nearest(word, known);
  const hint = meant.length > 0 ? `did you mean ${meant.join(' or ')}?` : otherHint;
  return new OperatorError({
    code: `unknown-${what}`,
    message: `there is no ${what} "${word}"`,
    expected: `one of ${known.join(', ')}`,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** The help of a command, from its table. */
export function helpOf<T extends OptionTable>(usage: Usage<T>): string {
  const rows = Object.entries(usage.options).map(([name, option]) => ({
    left: option.kind === 'value' ? `--${name} ${option.placeholder}` : `--${name}`,
    right: option.kind === 'value' && option.otherwise ? `${option.help} (default: ${option.otherwise})` : option.help,
  }));
  const width = Math.max(...rows.map(({ left }) => left.length));
  return [
    `driftlab ${[usage.command, ...usage.operands.map((name) => `<${name}>`)].join(' ')} [options]`,
    '',
    usage.summary,
    '',
    'Options:',
    ...rows.map(({ left, right }) => `  ${left.padEnd(width)}  ${right}`),
    '',
    'Examples:',
    ...usage.examples.map((example) => `  ${example}`),
  ].join('\n');
}

/** An OperatorError (`wrong-value`) on the value of an option. */
export function badValue(option: string, expected: string, found: string): OperatorError {
  return new OperatorError({ code: 'wrong-value', message: `${option} cannot be "${found}"`, expected, found });
}
