import { visibleLines } from './visible.ts';

export interface OperatorErrorDetails {
  /** Stable, kebab-case: what programs tell errors apart by. */
  readonly code: string;
  /** What is wrong, in one sentence. */
  readonly message: string;
  /** What to do: a sentence or a command. */
  readonly hint?: string;
  readonly expected?: string;
  readonly found?: string;
  /** What was waited for and for how long. */
  readonly waited?: { readonly what: string; readonly ms: number };
  readonly cause?: unknown;
  /** 1 an expectation failed, 2 wrong usage (default), 3 could not be judged. */
  readonly exit?: 1 | 2 | 3;
}

/** The one error type that is meant for the person at the keyboard. All else is a bug of ours and shows its stack. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
  readonly code: string;
  readonly hint: string | undefined;
  readonly expected: string | undefined;
  readonly found: string | undefined;
  readonly waited: { readonly what: string; readonly ms: number } | undefined;
  readonly exit: 1 | 2 | 3;

  constructor(details: OperatorErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    this.hint = details.hint;
    this.expected = details.expected;
    this.found = details.found;
    this.waited = details.waited;
    this.exit = details.exit ?? 2;
  }
}

/** The error as lines for a terminal: message, expected, found, what to do. */
export function explain(error: OperatorError): string {
  const lines = [`error: ${error.message}`];
  if (error.expected !== undefined) lines.push(`  expected: ${error.expected}`);
  if (error.found !== undefined) lines.push(`  found:    ${error.found}`);
  if (error.waited !== undefined)
    lines.push(`  waited:   ${(error.waited.ms / 1000).toFixed(1)} s for ${error.waited.what}`);
  if (error.hint !== undefined) lines.push(`  do:       ${error.hint}`);
  return visibleLines(lines.join('\n'));
}

/** The same error with another message, and where it means more here another exit status or hint; the first is its cause. */
export function reworded(error: OperatorError, message: string, exit = error.exit, hint = error.hint): OperatorError {
  const { code, expected, found, waited } = error;
  const given = Object.entries({ hint, expected, found, waited }).filter(([, value]) => value !== undefined);
  return new OperatorError({ code, message, exit, cause: error, ...(Object.fromEntries(given) as object) });
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
