import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { openLab } from '#runtimes/embedded/lab-folder.ts';
import { EmbeddedNode } from '#runtimes/embedded/node.ts';
import { freePorts } from '#std/free-port.ts';

/** A request to Vault's HTTP interface, as root, or without any token. Throws for what is refused. */
export type Admin = (method: string, path: string, body?: object, token?: string) => Promise<VaultBody>;

interface VaultBody {
  readonly data?: Readonly<Record<string, unknown>>;
  readonly auth?: { readonly client_token: string; readonly accessor: string };
}

export interface VaultServer extends AsyncDisposable {
  readonly url: string;
  readonly version: string;
  readonly admin: Admin;
  seal(): Promise<void>;
  unseal(): Promise<void>;
}

/** The program that PATH has, which CI builds (`.ci/vault`). */
export function findVault(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, 'vault')).find((file) => existsSync(file));
}

/** A throw-away server of Vault, unsealed, as a production one is: no development mode. Disposing of it leaves nothing. */
export async function startVault(program: string): Promise<VaultServer> {
  const lab = openLab();
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const folder = join(lab.path, 'vault');
  mkdirSync(folder, { recursive: true });
  const listener = `listener "tcp" {\n  address = "127.0.0.1:${port}"\n  tls_disable = true\n}`;
  writeFileSync(
    join(folder, 'vault.hcl'),
    `storage "inmem" {}\n${listener}\napi_addr = "${url}"\ndisable_mlock = true\nui = false\n`,
  );
  const node = new EmbeddedNode(
    {
      ...{ name: 'vault', lab, log: join(lab.path, 'vault.log') },
      command: { file: program, args: ['server', '-config=vault.hcl'], cwd: folder, env: { ...process.env } },
      ready: async (signal) => (await fetch(`${url}/v1/sys/seal-status`, { signal })).ok,
      ...{ startLimitMs: 60_000, stopSignal: 'SIGTERM', stopLimitMs: 10_000, endSignal: 'SIGKILL' },
    },
    () => {},
  );
  const end = async () => {
    await node.end();
    lab.destroy();
  };
  try {
    await node.start();
    return { url, version: versionOf(program), ...(await initialised(url)), [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}

function versionOf(program: string): string {
  return /v(\d+\.\d+\.\d+)/.exec(spawnSync(program, ['version'], { encoding: 'utf8' }).stdout)?.[1] ?? 'unknown';
}

async function initialised(url: string): Promise<Pick<VaultServer, 'admin' | 'seal' | 'unseal'>> {
  let root: string | undefined;
  const admin: Admin = async (method, path, body, token = root) => {
    const answer = await fetch(`${url}/v1/${path}`, {
      method,
      headers: token === undefined ? {} : { 'x-vault-token': token },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === '' ? {} : (JSON.parse(text) as VaultBody);
  };
  const keys = (await admin('PUT', 'sys/init', { secret_shares: 1, secret_threshold: 1 })) as {
    keys: string[];
    root_token: string;
  };
  root = keys.root_token;
  const unseal = async () => void (await admin('PUT', 'sys/unseal', { key: keys.keys[0] }));
  await unseal();
  return { admin, unseal, seal: async () => void (await admin('PUT', 'sys/seal')) };
}
