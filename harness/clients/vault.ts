import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { messageOf, OperatorError } from '#std/errors.ts';
import {
  approleRefused,
  isUnknownToken,
  noSecret,
  notAllowed,
  notKv,
  tokenEnded,
  type VaultAnswer,
  vaultAway,
  vaultRefused,
  vaultSealed,
  vaultSetting,
} from './vault-refusal.ts';

/** A secret of Vault's: its keys and their values. */
export type Secret = Readonly<Record<string, string>>;

/** A Vault server as it is asked. Disposing ends the renewals of its token. */
export interface Vault extends Disposable {
  /**
   * The latest version of the secret at a path of a KV secrets engine, as `vault kv get` takes it: `secret/database/shop`. Throws
   * an OperatorError: `vault-setting`, `vault-away`, `vault-tls`, `vault-sealed`, `vault-token`, `vault-approle`,
   * `vault-forbidden`, `vault-not-kv`, `vault-no-secret` or `vault-refused`.
   */
  secret(path: string, signal?: AbortSignal): Promise<Secret>;
}

export interface VaultOptions {
  /** Does something after so many milliseconds, unless the returned function is called before. */
  readonly later?: (ms: number, act: () => void) => () => void;
  readonly limitMs?: number;
}

const REQUEST_LIMIT_MS = 10_000;
/** Timers take no longer ones. */
const LATER_MAX_MS = 2 ** 31 - 1;

/** A token, and for how many seconds it is valid; without end where that is 0. */
interface Token {
  readonly id: string;
  readonly seconds: number;
  readonly renewable: boolean;
}

/**
 * The Vault server that an environment names, in the words of Vault's own command: VAULT_ADDR, VAULT_CACERT, VAULT_NAMESPACE, and
 * VAULT_TOKEN or the file of `vault login`; or VAULT_ROLE_ID and VAULT_SECRET_ID for AppRole. Nothing is read or asked before the
 * first secret is. A token that may be renewed is, in time, for as long as this is not disposed of; where it ends nevertheless
 * AppRole logs in anew.
 */
export function openVault(
  env: NodeJS.ProcessEnv,
  { later = timer, limitMs = REQUEST_LIMIT_MS }: VaultOptions = {},
): Vault {
  let opened: { readonly ask: Ask; readonly login: Login } | undefined;
  let token: Promise<Token> | undefined;
  let cancel = (): void => {};
  const forget = (): void => {
    cancel();
    token = undefined;
  };
  const keep = (ask: Ask, one: Token): void => {
    if (!one.renewable || one.seconds < 1) return;
    const ms = Math.min((one.seconds * 1000 * 2) / 3, LATER_MAX_MS);
    const left = one.seconds - ms / 1000;
    cancel = later(ms, () => {
      renewed(ask, one).then(
        // At the token's greatest age nothing is added any more.
        (next) => next.seconds > left + 1 && keep(ask, next),
        (error) => !isEnded(error) && keep(ask, { ...one, seconds: left }),
      );
    });
  };
  const current = async ({ ask, login }: NonNullable<typeof opened>, signal?: AbortSignal): Promise<string> => {
    token ??= login.open(ask, signal).then((one) => {
      keep(ask, one);
      return one;
    });
    try {
      return (await token).id;
    } catch (error) {
      forget();
      throw error;
    }
  };
  return {
    async secret(path, signal) {
      opened ??= { ask: asking(env, limitMs), login: loginOf(env) };
      const { ask, login } = opened;
      const clean = path.replaceAll(/^\/+|\/+$/g, '');
      try {
        return await readSecret(ask, clean, await current(opened, signal), signal);
      } catch (error) {
        if (!isEnded(error)) throw error;
        forget();
        if (!login.again) throw error;
        return await readSecret(ask, clean, await current(opened, signal), signal);
      }
    },
    [Symbol.dispose]: () => cancel(),
  };
}

/** It keeps no process alive. */
function timer(ms: number, act: () => void): () => void {
  const one = setTimeout(act, ms).unref();
  return () => clearTimeout(one);
}

function isEnded(error: unknown): boolean {
  return error instanceof OperatorError && error.code === 'vault-token';
}

interface Ask {
  readonly address: string;
  (
    what: string,
    method: 'GET' | 'POST',
    path: string,
    options?: { readonly token?: string; readonly body?: object; readonly signal?: AbortSignal | undefined },
  ): Promise<VaultAnswer>;
}

/** Asks one server. Throws for one that does not answer, or is sealed; what it says else is its answer. */
function asking(env: NodeJS.ProcessEnv, limitMs: number): Ask {
  const { address, namespace, ca } = serverOf(env);
  const dispatcher = new Agent({ connect: ca === undefined ? {} : { ca } });
  const send: Ask = Object.assign(
    async (
      _what: string,
      method: 'GET' | 'POST',
      path: string,
      { token, body, signal }: Parameters<Ask>[3] & object = {},
    ): Promise<VaultAnswer> => {
      const limit = AbortSignal.timeout(limitMs);
      try {
        const answer = await request(`${address}/v1/${path}`, {
          ...{ method, dispatcher, signal: signal === undefined ? limit : AbortSignal.any([signal, limit]) },
          headers: {
            'x-vault-request': 'true',
            ...(token === undefined ? {} : { 'x-vault-token': token }),
            ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        return { status: answer.statusCode, body: bodyOf(await answer.body.text()) };
      } catch (error) {
        signal?.throwIfAborted();
        throw vaultAway(address, limit.aborted ? new Error(`no answer within ${limitMs / 1000} s`) : error);
      }
    },
    { address },
  );
  return Object.assign(
    async (...given: Parameters<Ask>): Promise<VaultAnswer> => {
      const answer = await send(...given);
      if (answer.status !== 503) return answer;
      const seal = (await send('its seal', 'GET', 'sys/seal-status', { signal: given[3]?.signal })).body;
      if (isSealed(seal)) throw vaultSealed(address, seal);
      throw vaultRefused(given[0], address, answer);
    },
    { address },
  );
}

function isSealed(seal: object): seal is { readonly progress: number; readonly t: number } {
  return 'sealed' in seal && seal.sealed === true;
}

function bodyOf(text: string): VaultAnswer['body'] {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    // A proxy's page, or a server's word that it wants TLS.
    return { errors: [text.slice(0, 300)] };
  }
}

function serverOf({
  VAULT_ADDR: address = '',
  VAULT_NAMESPACE: namespace = '',
  VAULT_CACERT: file = '',
}: NodeJS.ProcessEnv) {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw vaultSetting(
      address === '' ? 'VAULT_ADDR is not set, and a reference is to Vault' : 'VAULT_ADDR is no address of a server',
      'the URL of a Vault server, such as https://vault.example:8200',
      address === '' ? 'nothing' : 'no http or https URL',
      'export VAULT_ADDR=https://…',
    );
  return {
    address: `${url.protocol}//${url.host}${url.pathname.replace(/\/$/, '')}`,
    ...(namespace === '' ? {} : { namespace }),
    ...(file === '' ? {} : { ca: authority(file) }),
  };
}

function authority(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw vaultSetting(
      'VAULT_CACERT cannot be read',
      'a file with certificates in PEM',
      messageOf(error),
      'correct it',
    );
  }
}

interface Login {
  /** Whether it gets another token where one has ended. */
  readonly again: boolean;
  open(ask: Ask, signal?: AbortSignal): Promise<Token>;
}

/** A token takes the place of AppRole, as on Vault's own command line. */
function loginOf(env: NodeJS.ProcessEnv): Login {
  const { VAULT_ROLE_ID: role = '', VAULT_SECRET_ID: secret = '' } = env;
  const token = env.VAULT_TOKEN || (role === '' ? tokenOfLogin(env) : '');
  if (token !== '') return { again: false, open: (ask, signal) => lookUp(ask, token, signal) };
  if (role !== '' && secret !== '')
    return { again: true, open: (ask, signal) => byAppRole(ask, { role, secret }, signal) };
  const half = role === '' && secret === '' ? undefined : role === '' ? 'VAULT_ROLE_ID' : 'VAULT_SECRET_ID';
  throw vaultSetting(
    half === undefined ? 'nothing says who asks Vault' : `${half} is not set: a login by AppRole takes two`,
    'VAULT_TOKEN, or VAULT_ROLE_ID with VAULT_SECRET_ID',
    half === undefined
      ? 'none of them, and no file of vault login'
      : `only ${role === '' ? 'VAULT_SECRET_ID' : 'VAULT_ROLE_ID'}`,
    'export VAULT_TOKEN=…, or vault login',
  );
}

/** Where `vault login` leaves it. */
function tokenOfLogin({ HOME: home = '' }: NodeJS.ProcessEnv): string {
  try {
    return home === '' ? '' : readFileSync(join(home, '.vault-token'), 'utf8').trim();
  } catch {
    return '';
  }
}

async function lookUp(ask: Ask, id: string, signal?: AbortSignal): Promise<Token> {
  const answer = await ask('to look up the token', 'GET', 'auth/token/lookup-self', { token: id, signal });
  if (isUnknownToken(answer)) throw tokenEnded(answer);
  const { ttl = 0, renewable = false } = (answer.body.data ?? {}) as { ttl?: number; renewable?: boolean };
  // A token without the right to look at itself may read all the same.
  return { id, seconds: ttl, renewable };
}

async function byAppRole(
  ask: Ask,
  { role, secret }: { readonly role: string; readonly secret: string },
  signal?: AbortSignal,
): Promise<Token> {
  const body = { role_id: role, secret_id: secret };
  const answer = await ask('the login by AppRole', 'POST', 'auth/approle/login', { body, signal });
  if (answer.status >= 400 && answer.status < 500) throw approleRefused(answer);
  return tokenIn(ask, 'the login by AppRole', answer);
}

async function renewed(ask: Ask, { id }: Token): Promise<Token> {
  const answer = await ask('to renew the token', 'POST', 'auth/token/renew-self', { token: id, body: {} });
  if (answer.status === 403) throw tokenEnded(answer);
  return tokenIn(ask, 'to renew the token', answer);
}

function tokenIn(ask: Ask, what: string, answer: VaultAnswer): Token {
  const {
    client_token: id,
    lease_duration: seconds = 0,
    renewable = false,
  } = (answer.body.auth ?? {}) as {
    client_token?: string;
    lease_duration?: number;
    renewable?: boolean;
  };
  if (answer.status !== 200 || id === undefined) throw vaultRefused(what, ask.address, answer);
  return { id, seconds, renewable };
}

interface Mount {
  /** With a slash at its end. */
  readonly path: string;
  readonly type: string;
  readonly options?: { readonly version?: string } | null;
}

/** As Vault's own command does it: the mount says which version of KV it is, and so where the secret lies. */
async function readSecret(ask: Ask, path: string, token: string, signal?: AbortSignal): Promise<Secret> {
  const encoded = (text: string) => text.split('/').map(encodeURIComponent).join('/');
  const refusal = async (policy: string, answer: VaultAnswer): Promise<OperatorError> => {
    if (answer.status !== 403) return vaultRefused(`to read ${path}`, ask.address, answer);
    // It says so of a mount's path for unknown tokens and for such as may not read it in the same words.
    if (!isUnknownToken(answer)) await lookUp(ask, token, signal);
    return isUnknownToken(answer) ? tokenEnded(answer) : notAllowed(path, policy, answer);
  };
  const found = await ask(`to read ${path}`, 'GET', `sys/internal/ui/mounts/${encoded(path)}`, { token, signal });
  const [first = '', ...rest] = path.split('/');
  if (found.status !== 200) throw await refusal(`${first}/data/${rest.join('/')}`, found);
  const mount = found.body.data as Mount;
  if (mount.type !== 'kv' && mount.type !== 'generic') throw notKv(path, mount.path, mount.type);
  const versioned = mount.options?.version === '2';
  const at = versioned ? `${mount.path}data/${path.slice(mount.path.length)}` : path;
  const answer = await ask(`to read ${path}`, 'GET', encoded(at), { token, signal });
  if (answer.status === 404) throw noSecret(path, mount.path, deletedIn(answer));
  if (answer.status !== 200) throw await refusal(at, answer);
  const data = answer.body.data as Record<string, unknown>;
  return textsOf((versioned ? data.data : data) as Record<string, unknown>);
}

/** Of KV version 2, an answer with metadata and without data is one of a version that was deleted. */
function deletedIn({ body }: VaultAnswer): string | undefined {
  const { metadata } = (body.data ?? {}) as { metadata?: { deletion_time?: string; destroyed?: boolean } };
  return metadata?.deletion_time || undefined;
}

function textsOf(values: Readonly<Record<string, unknown>>): Secret {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}
