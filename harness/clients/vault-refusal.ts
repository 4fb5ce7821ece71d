import { messageOf, OperatorError } from '#std/errors.ts';

/** What Vault answered: its status, and the JSON of its body, where it was any. */
export interface VaultAnswer {
  readonly status: number;
  readonly body: { readonly errors?: readonly string[]; readonly data?: unknown; readonly auth?: unknown };
}

/** How Vault says that it does not know a token, beside that something is not allowed (1.21). */
export function isUnknownToken({ status, body }: VaultAnswer): boolean {
  return status === 403 && (body.errors ?? []).some((error) => error.includes('invalid token'));
}

function wordsOf({ status, body }: VaultAnswer): string {
  const words = (body.errors ?? []).map((error) => error.replaceAll(/\s+/g, ' ').trim()).join('; ');
  return words === '' ? `HTTP ${status}` : `HTTP ${status}: ${words}`;
}

const error = (
  code: string,
  message: string,
  expected: string,
  found: string,
  hint: string,
  { exit = 1, cause }: { readonly exit?: 1 | 2; readonly cause?: unknown } = {},
): OperatorError => new OperatorError({ code, message, expected, found, hint, exit, ...(cause ? { cause } : {}) });

/** A setting of this environment that says which Vault, or who asks it, is missing or wrong. */
export function vaultSetting(message: string, expected: string, found: string, hint: string): OperatorError {
  return error('vault-setting', message, expected, found, hint, { exit: 2 });
}

const TLS = /^(ERR_SSL_|ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)|^EPROTO$/;
const HTTPS_WANTED = /Client sent an HTTP request to an HTTPS server/;

/** No connection, none that may be trusted, or no answer in time. */
export function vaultAway(address: string, thrown: unknown): OperatorError {
  const first = thrown instanceof AggregateError ? thrown.errors[0] : thrown;
  const { code = '' } = first as { readonly code?: string };
  const found = messageOf(first);
  if (TLS.test(code))
    return error(
      'vault-tls',
      'the connection to Vault is refused by TLS',
      `a certificate for ${new URL(address).hostname} from an authority that is trusted here`,
      `${code}: ${found}`,
      'VAULT_CACERT names the file of the authority that signed it; an address with http:// is one without TLS',
      { cause: thrown },
    );
  return error(
    'vault-away',
    'Vault does not answer',
    `a Vault server at ${address}`,
    found,
    'check VAULT_ADDR, and that the server runs and is reached from here',
    { cause: thrown },
  );
}

/** `seal` is what the server says of its seal, where it says that it is sealed. */
export function vaultSealed(address: string, seal: { readonly progress: number; readonly t: number }): OperatorError {
  return error(
    'vault-sealed',
    'Vault is sealed',
    `an unsealed Vault server at ${address}`,
    `sealed, with ${seal.progress} of ${seal.t} keys given`,
    'vault operator unseal, once for each key; then try again',
  );
}

/** Vault does not know the token any more, or never did. */
export function tokenEnded(answer: VaultAnswer): OperatorError {
  return error(
    'vault-token',
    'Vault does not take the token: its lease has ended, or it was revoked',
    'a token that is valid',
    wordsOf(answer),
    'put a new one into VAULT_TOKEN, or in its place set VAULT_ROLE_ID and VAULT_SECRET_ID, with which a new one is had each time',
  );
}

export function approleRefused(answer: VaultAnswer): OperatorError {
  return error(
    'vault-approle',
    'Vault refuses the login by AppRole',
    'a role ID and a secret ID that go together and are valid, and approle enabled at auth/approle',
    wordsOf(answer),
    'vault read auth/approle/role/NAME/role-id; vault write -f auth/approle/role/NAME/secret-id makes a new secret ID',
  );
}

/** The token may not read the path, or nothing is mounted there: Vault tells nobody which of the two. */
export function notAllowed(path: string, policy: string, answer: VaultAnswer): OperatorError {
  return error(
    'vault-forbidden',
    `Vault does not let this token read ${path}, or has nothing mounted there`,
    `a policy of the token with: path "${policy}" { capabilities = ["read"] }`,
    wordsOf(answer),
    `vault token capabilities ${policy}; vault secrets list has what is mounted`,
  );
}

export function notKv(path: string, mount: string, type: string): OperatorError {
  return error(
    'vault-not-kv',
    `what Vault has at ${mount} is no KV secrets engine`,
    'KV, version 2 or 1',
    `${type}, for ${path}`,
    'vault secrets list has what is mounted',
  );
}

/** `deleted`: when its latest version was, where it once was there. */
export function noSecret(path: string, mount: string, deleted: string | undefined): OperatorError {
  const rest = path.slice(mount.length);
  const api = rest.startsWith('data/') ? `: the path is as for vault kv get, ${mount}${rest.slice(5)}` : '';
  return error(
    'vault-no-secret',
    deleted === undefined ? `Vault has no secret ${path}` : `the secret ${path} was deleted from Vault`,
    `a secret at ${path}, in the KV secrets engine at ${mount}`,
    deleted === undefined ? 'none' : `its latest version was deleted at ${deleted}`,
    deleted === undefined
      ? `vault kv list ${path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : mount} has what is there${api}`
      : `vault kv undelete, or vault kv put ${path} …`,
  );
}

/** Keys are no secrets; their values are not shown. */
export function noKey(path: string, key: string, keys: readonly string[]): OperatorError {
  return error(
    'vault-no-key',
    `the secret ${path} has no key ${JSON.stringify(key)}`,
    keys.length === 0 ? 'a secret with keys' : `one of ${keys.join(', ')}`,
    key,
    `vault kv patch ${path} ${key}=… adds it`,
  );
}

/** Whatever else Vault answers. */
export function vaultRefused(what: string, address: string, answer: VaultAnswer): OperatorError {
  const words = wordsOf(answer);
  if (HTTPS_WANTED.test(words))
    return error(
      'vault-tls',
      'Vault wants TLS',
      'an https:// address',
      address,
      'VAULT_ADDR=https://…, and VAULT_CACERT with the file of an authority of your own',
    );
  return error('vault-refused', `Vault refuses ${what}`, `an answer from ${address}`, words, 'read what it says');
}
