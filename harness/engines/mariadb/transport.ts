import { readFileSync } from 'node:fs';
import type { SslOptions } from 'mysql2';
import { messageOf, OperatorError } from '#std/errors.ts';

/** As MySQL's own client names them: TLS without a look at the certificate, with its authority, with its host name as well. */
const MODES = ['DISABLED', 'REQUIRED', 'VERIFY_CA', 'VERIFY_IDENTITY'];
const PARAMETERS = ['ssl-mode', 'ssl-ca'];

/**
 * What a URL's `?ssl-mode=` and `&ssl-ca=` ask for; undefined for a connection without TLS. Throws an OperatorError for any
 * other parameter: one that is passed over could be the one that keeps a password from being sent in the clear.
 */
export function transportOf(url: string): SslOptions | undefined {
  const { searchParams } = new URL(url);
  const unknown = [...searchParams.keys()].find((name) => !PARAMETERS.includes(name));
  if (unknown !== undefined)
    throw wrongUrl(`a URL of MariaDB has no parameter ${unknown}`, PARAMETERS.join(', '), unknown);
  const mode = searchParams.get('ssl-mode') ?? 'DISABLED';
  if (!MODES.includes(mode))
    throw wrongUrl('ssl-mode has another value in the URL', `one of ${MODES.join(', ')}`, mode);
  if (mode === 'DISABLED') return undefined;
  const file = searchParams.get('ssl-ca');
  const authority = file === null ? undefined : readAuthority(file);
  return {
    rejectUnauthorized: mode !== 'REQUIRED',
    verifyIdentity: mode === 'VERIFY_IDENTITY',
    ...(authority === undefined ? {} : { ca: authority }),
  };
}

function readAuthority(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw wrongUrl(`ssl-ca cannot be read: ${file}`, 'a file with the certificate of an authority', messageOf(error));
  }
}

function wrongUrl(message: string, expected: string, found: string): OperatorError {
  return new OperatorError({ code: 'wrong-url', message, expected, found });
}
