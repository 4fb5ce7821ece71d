import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Exchange, openNames, passOn, type Recorded, replay } from './recorder.ts';
import { EVENTS, type EventName, SCENES, type SceneName, setTheStage, writeSecret } from './scenes.ts';
import { findVault, startVault, type VaultServer } from './server.ts';

/** The secrets that a bench's Vault holds, by their paths. */
type Secrets = Readonly<Record<string, Readonly<Record<string, string | number>>>>;

/** A Vault server for tests: a real one where PATH has it, else the recorded answers of a real one. */
export interface VaultBench extends AsyncDisposable {
  /** Brings a state of affairs about, and returns the environment of who asks then. */
  scene(name: SceneName): Promise<Readonly<Record<string, string>>>;
  /** Has something happen in the scene. */
  happens(event: EventName): Promise<void>;
}

interface Answers {
  readonly version: string;
  readonly scenes: Readonly<Record<string, Recorded>>;
}

const ANSWERS = join(import.meta.dirname, 'answers.json');
/** Set by `record.ts`. */
const IS_RECORDED = process.env.DRIFTLAB_RECORD_VAULT === '1';

function readAnswers(): Answers {
  return JSON.parse(readFileSync(ANSWERS, 'utf8')) as Answers;
}

/** For the tests' names: what answers them. */
export const vaultHere = findVault() === undefined ? `recorded answers of Vault ${readAnswers().version}` : 'Vault';

/** `name` tells the scenes of several test files apart in the recording. */
export async function openVaultBench(name: string, secrets: Secrets): Promise<VaultBench> {
  const program = findVault();
  return program === undefined ? openRecorded(name, secrets) : openReal(name, await startVault(program), secrets);
}

async function openRecorded(name: string, secrets: Secrets): Promise<VaultBench> {
  const { scenes } = readAnswers();
  const titled = titles(name);
  let at = '';
  const play = (next: string): Recorded => {
    at = next;
    const scene = scenes[at];
    if (scene !== undefined) return scene;
    throw new Error(`"${at}" was never recorded: node harness/testing/vault/record.ts, with vault in PATH`);
  };
  const standIn = await replay(
    () => scenes[at]?.exchanges ?? [],
    (body) => filled(body, secrets),
  );
  return {
    scene: async (scene) => ({ ...play(titled(scene)).env, VAULT_ADDR: standIn.url }),
    happens: async (event) => void play(`${at}, ${event}`),
    [Symbol.asyncDispose]: () => standIn[Symbol.asyncDispose](),
  };
}

async function openReal(name: string, server: VaultServer, secrets: Secrets): Promise<VaultBench> {
  const scenes: Record<string, { readonly env: Record<string, string>; readonly exchanges: Exchange[] }> = {};
  const titled = titles(name);
  let at = '';
  let sealed = false;
  let names = openNames();
  await setTheStage(server.admin);
  for (const [path, data] of Object.entries(secrets)) await writeSecret(server.admin, path, data);
  const standIn = await passOn(server.url, (request, status, text) => {
    const body = withoutValues(request, JSON.parse(names(text)), secrets);
    scenes[at]?.exchanges.push({ request: names(request), status, body });
  });
  return {
    async scene(scene) {
      if (sealed) await server.unseal();
      const env = await SCENES[scene](server);
      sealed = scene === 'sealed';
      at = titled(scene);
      names = openNames();
      scenes[at] = { env: JSON.parse(names(JSON.stringify(env))), exchanges: [] };
      return { ...env, VAULT_ADDR: standIn.url };
    },
    async happens(event) {
      await EVENTS[event](server);
      at = `${at}, ${event}`;
      scenes[at] = { env: {}, exchanges: [] };
    },
    async [Symbol.asyncDispose]() {
      await standIn[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      if (IS_RECORDED) keep(name, { version: server.version, scenes });
    },
  };
}

/** What the scenes of a file are called in the recording: tests may set the same one. */
function titles(name: string): (scene: SceneName) => string {
  const counts = new Map<SceneName, number>();
  return (scene) => {
    const count = (counts.get(scene) ?? 0) + 1;
    counts.set(scene, count);
    return `${name}: ${scene}${count === 1 ? '' : ` (${count})`}`;
  };
}

/** In place of the scenes that were recorded of this name. */
function keep(name: string, { version, scenes }: Answers): void {
  const before = Object.entries(readAnswers().scenes).filter(([scene]) => !scene.startsWith(`${name}: `));
  const all = Object.fromEntries([...before, ...Object.entries(scenes)].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(ANSWERS, `${JSON.stringify({ version, scenes: all }, undefined, 2)}\n`);
}

interface OfSecret {
  readonly data?: Readonly<Record<string, unknown>> & { readonly data?: Readonly<Record<string, unknown>> | null };
}

/** An answer that has a secret, with the name of each value in its place: a recording is of keys, and every run has values of its own. */
function withoutValues(request: string, body: OfSecret, secrets: Secrets): unknown {
  const path = Object.keys(secrets).find((one) =>
    [one, one.replace('/', '/data/')].some((at) => request.includes(`/v1/${at}`)),
  );
  const values = path === undefined || body.data == null ? undefined : (body.data.data ?? body.data);
  if (values === undefined || path === undefined || 'metadata' in values) return body;
  const named = Object.fromEntries(Object.keys(values).map((key) => [key, `«${path} ${key}»`]));
  return { ...body, data: body.data?.data == null ? named : { ...body.data, data: named } };
}

function filled(body: unknown, secrets: Secrets): unknown {
  return JSON.parse(JSON.stringify(body), (_, value: unknown) => {
    const [, path, key] = (typeof value === 'string' && /^«(\S+) (\S+)»$/.exec(value)) || [];
    return path === undefined || key === undefined ? value : secrets[path]?.[key];
  });
}
