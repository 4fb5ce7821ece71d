import { readFileSync } from 'node:fs';
import { messageOf, OperatorError } from '#std/errors.ts';

export type SideName = 'source' | 'target';

/** What a person gave for one side. Everything is optional: a URL may hold it all, or nothing but the host. */
export interface GivenConnection {
  readonly url?: string | undefined;
  /** `host` or `host:port` of PostgreSQL; a URL without a database, for any other engine or for parameters. */
  readonly host?: string | undefined;
  readonly database?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly passwordFile?: string | undefined;
}

/** A place where credentials come from. A vault is one more of these. */
export interface CredentialProvider {
  readonly name: string;
  /** What it knows of a side; undefined fields are left to the next provider. */
  provide(side: SideName): GivenConnection;
}

/** DRIFTLAB_SOURCE_URL, DRIFTLAB_SOURCE_PASSWORD and so on. */
export function environmentProvider(env: Readonly<Record<string, string | undefined>>): CredentialProvider {
  return {
    name: 'environment',
    provide(side) {
      const read = (part: string) => env[`DRIFTLAB_${side.toUpperCase()}_${part}`] || undefined;
      return {
        url: read('URL'),
        host: read('HOST') ?? read('SERVER'),
        database: read('DATABASE'),
        username: read('USERNAME'),
        password: read('PASSWORD'),
        passwordFile: read('PASSWORD_FILE'),
      };
    },
  };
}

/** The URL of one side with its password in it, from the first provider that knows each part. */
export function connectionUrl(side: SideName, providers: readonly CredentialProvider[]): string {
  const known = providers.map((provider) => provider.provide(side));
  const part = (name: keyof GivenConnection) => known.map((given) => given[name]).find((value) => value !== undefined);
  const url = base(side, part('url'), part('host'));
  const database = part('database');
  if (database !== undefined) url.pathname = `/${encodeURIComponent(database)}`;
  const username = part('username');
  if (username !== undefined) url.username = encodeURIComponent(username);
  const password = part('password') ?? passwordFrom(part('passwordFile'));
  if (password !== undefined && url.password === '') url.password = encodeURIComponent(password);
  return url.href;
}

function base(side: SideName, given: string | undefined, host: string | undefined): URL {
  const text = given ?? (host?.includes('://') === false ? `postgres://${host}/` : host);
  if (text !== undefined && URL.canParse(text)) return new URL(text);
  const option = side === 'source' ? '--source URL or --source-server HOST' : '--target URL or --target-host HOST';
  throw new OperatorError({
    code: 'no-database',
    message: text === undefined ? `which ${side}?` : `the ${side}'s address is not one`,
    expected: `${option}, such as postgres://app@db.example:5432/shop`,
    // Whatever was given may hold a password, so it is not shown.
    found: text === undefined ? 'none' : 'something that is no URL',
    hint: `DRIFTLAB_${side.toUpperCase()}_URL may hold it too`,
  });
}

function passwordFrom(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new OperatorError({
      code: 'no-password-file',
      message: `cannot read the password file ${file}`,
      found: messageOf(error),
      cause: error,
    });
  }
}
