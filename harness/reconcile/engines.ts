import { postgresReconcile } from '#engines/postgres/reconcile/engine.ts';
import { OperatorError } from '#std/errors.ts';
import type { ReconcileEngine } from './engine.ts';

/** Engines by the scheme of a URL. A new one is a folder in engines/ and a line here. */
const BY_SCHEME: Readonly<Record<string, ReconcileEngine>> = {
  'postgres:': postgresReconcile,
  'postgresql:': postgresReconcile,
};

/** The engine of a URL. Throws an OperatorError (exit 2) for a scheme that none has. The URL's password is not shown. */
export function engineOf(url: string): ReconcileEngine {
  const scheme = URL.canParse(url) ? new URL(url).protocol : '';
  const engine = Object.hasOwn(BY_SCHEME, scheme) ? BY_SCHEME[scheme] : undefined;
  if (engine !== undefined) return engine;
  throw new OperatorError({
    code: 'unknown-engine',
    message: scheme === '' ? 'a database is given by its URL' : `there is no engine for ${scheme}//… yet`,
    expected: 'postgres://user@host:5432/database',
    found: scheme === '' ? 'no URL' : `${scheme}//…`,
  });
}
