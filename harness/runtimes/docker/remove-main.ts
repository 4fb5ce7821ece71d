// A process of its own: `remove-main ENGINE LAB` removes what a lab has in a Docker engine. It uses no package: it also runs
// while the process that started it ends.
import { askDocker } from '#setup/docker.mjs';
import { LAB_LABEL } from './labels.ts';

const LIMIT_MS = 30_000;

interface Item {
  readonly Id?: string;
  readonly Name?: string;
}

const [engine = '', lab = ''] = process.argv.slice(2);
const filters = encodeURIComponent(JSON.stringify({ label: [`${LAB_LABEL}=${lab}`] }));

async function list(path: string): Promise<unknown> {
  const { status, body } = await askDocker(engine, { method: 'GET', path: `${path}filters=${filters}` });
  if (status !== 200) throw new Error(`${path}: HTTP ${status}`);
  return JSON.parse(body);
}

/** What is gone already is as wanted. */
async function remove(path: string): Promise<void> {
  const { status, body } = await askDocker(engine, { method: 'DELETE', path, limitMs: LIMIT_MS });
  if (status >= 300 && status !== 404) throw new Error(`${path}: HTTP ${status}: ${body}`);
}

const containers = (await list('/containers/json?all=true&')) as Item[];
await Promise.all(containers.map(({ Id }) => remove(`/containers/${Id}?force=true&v=true`)));
const networks = (await list('/networks?')) as Item[];
await Promise.all(networks.map(({ Id }) => remove(`/networks/${Id}`)));
const { Volumes } = (await list('/volumes?')) as { readonly Volumes: readonly Item[] | null };
await Promise.all((Volumes ?? []).map(({ Name }) => remove(`/volumes/${Name}`)));
