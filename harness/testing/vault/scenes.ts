import { until } from '#std/wait.ts';
import type { Admin, VaultServer } from './server.ts';

type Environment = Record<string, string>;

const POLICY = `path "secret/data/database/*" { capabilities = ["read"] }
path "old/database/*" { capabilities = ["read"] }`;

/** The mounts, the policy and the role that every scene has: KV version 2 at `secret/`, version 1 at `old/`. */
export async function setTheStage(admin: Admin): Promise<void> {
  await admin('POST', 'sys/mounts/secret', { type: 'kv', options: { version: '2' } });
  await admin('POST', 'sys/mounts/old', { type: 'kv', options: { version: '1' } });
  await admin('PUT', 'sys/policies/acl/reader', { policy: POLICY });
  await admin('POST', 'sys/auth/approle', { type: 'approle' });
  await admin('POST', 'auth/approle/role/driftlab', { token_policies: 'reader', token_ttl: '1h' });
  await writeSecret(admin, 'secret/database/gone', { password: 'x' });
  await admin('DELETE', 'secret/data/database/gone');
}

/** A mount of KV version 2 takes nothing for a moment after it was made. */
export async function writeSecret(admin: Admin, path: string, data: object): Promise<void> {
  const old = path.startsWith('old/');
  const at = old ? path : path.replace('/', '/data/');
  const what = `Vault to take ${path}`;
  await until(() => admin('POST', at, old ? data : { data }), { limitMs: 10_000, what });
}

async function tokenOf({ admin }: VaultServer, settings: object): Promise<Environment> {
  const { auth } = await admin('POST', 'auth/token/create', { policies: ['reader'], ...settings });
  return { VAULT_TOKEN: auth?.client_token ?? '' };
}

/** By what a test calls the state of affairs. */
export const SCENES = {
  token: (server: VaultServer) => tokenOf(server, { ttl: '1h', renewable: false }),
  'a renewable token': (server: VaultServer) => tokenOf(server, { ttl: '60s' }),
  async 'a token that has ended'(server: VaultServer) {
    const env = await tokenOf(server, { ttl: '1s', renewable: false });
    const isOver = () =>
      server.admin('GET', 'auth/token/lookup-self', undefined, env.VAULT_TOKEN).then(
        () => false,
        () => true,
      );
    await until(isOver, { limitMs: 20_000, what: 'a token of one second to end' });
    return env;
  },
  async AppRole({ admin }: VaultServer) {
    const role = 'auth/approle/role/driftlab';
    const { data: { role_id } = {} } = await admin('GET', `${role}/role-id`);
    const { data: { secret_id } = {} } = await admin('POST', `${role}/secret-id`);
    return { VAULT_ROLE_ID: String(role_id), VAULT_SECRET_ID: String(secret_id) };
  },
  async sealed(server: VaultServer) {
    const env = await tokenOf(server, { ttl: '1h' });
    await server.seal();
    return env;
  },
} as const satisfies Readonly<Record<string, (server: VaultServer) => Promise<Environment>>>;

export type SceneName = keyof typeof SCENES;

/** By what a test says that happens. */
export const EVENTS = {
  /** Those of readers, as their leases would do it in an hour. */
  async 'tokens end'({ admin }: VaultServer) {
    const { data: { keys = [] } = {} } = await admin('LIST', 'auth/token/accessors');
    for (const accessor of keys as readonly string[]) {
      const { data: { policies = [] } = {} } = await admin('POST', 'auth/token/lookup-accessor', { accessor });
      if ((policies as readonly string[]).includes('reader'))
        await admin('POST', 'auth/token/revoke-accessor', { accessor });
    }
  },
} as const satisfies Readonly<Record<string, (server: VaultServer) => Promise<void>>>;

export type EventName = keyof typeof EVENTS;
