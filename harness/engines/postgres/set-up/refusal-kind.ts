import type { RefusalKind } from '#model/set-up.ts';
import { messageOf } from '#std/errors.ts';

/** By SQLSTATE. */
const KINDS: Readonly<Record<string, RefusalKind>> = {
  '28P01': 'password',
  '3D000': 'no-database',
  '28000': 'not-admitted',
  '53300': 'no-connection-left',
};

/** What the driver throws where it has no password at all, or no answer in time: errors without any code. */
const NO_PASSWORD = /password must be a/;
const TIMED_OUT = /timeout/i;

/** See {@link SetUpPort.refusalOf}. */
export function refusalOf(error: unknown): RefusalKind | undefined {
  const { code } = error as { readonly code?: string };
  const said = messageOf(error);
  if (code !== undefined) return KINDS[code];
  if (NO_PASSWORD.test(said)) return 'password';
  return TIMED_OUT.test(said) ? 'unreachable' : undefined;
}
