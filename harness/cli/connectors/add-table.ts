import { type Here, withVaulted } from '#manager/here.ts';
import { resolveAddress } from '#manager/references.ts';
import { connectOf } from '#manager/servers.ts';
import { addTable } from '#operations/add-table/add-table.ts';
import { openAddTable } from '#operations/add-table/open.ts';
import { commaList } from '#std/comma-list.ts';
import type { ParsedArguments } from '../arguments.ts';
import { type addTableUsage, WATCH_SECONDS } from './options.ts';
import { deploymentLines } from './render.ts';
import type { Workers } from './workers.ts';

interface Work {
  readonly workers: Workers;
  readonly here: Here;
  readonly signal: AbortSignal;
  readonly say: (...lines: readonly string[]) => void;
}

/** `driftlab connectors add-table TABLE`. Exit status 0 also where there was nothing to do. */
export async function addTableCommand(
  named: string,
  { options }: ParsedArguments<typeof addTableUsage.options>,
  { workers, here, signal, say }: Work,
): Promise<number> {
  const resolved = async (side: string, address: string | undefined): Promise<string | undefined> =>
    address === undefined ? undefined : resolveAddress(side, address, await withVaulted(here, [address], signal)).url;
  const sinkConnect = commaList(options['sink-connect']);
  const sinkClient =
    sinkConnect.length === 0
      ? workers.sink
      : connectOf(sinkConnect, await withVaulted(here, sinkConnect, signal)).client;
  const table = named.includes('.') ? named : `public.${named}`;
  const names = commaList(options['sink-connector']);
  await using opened = await openAddTable({
    table,
    source: {
      client: workers.source,
      name: options['source-connector'],
      url: await resolved('source', options.source),
    },
    sinks: {
      ...{ client: sinkClient, names: names.length === 0 ? undefined : names },
      url: await resolved('target', options.target),
    },
    ...{ topic: options.topic, env: here.env, ...(workers.lab && { lab: workers.lab }), signal },
  });
  const { source, sinks, topic } = opened;
  const dryRun = options['dry-run'];
  say(
    `${table} to ${source.name}, by ${topic} to ${sinks.found.map(({ name }) => name).join(', ') || 'no sink connector'}`,
  );
  if (sinks.found.length === 0)
    say('no sink connector here reads from it: --sink-connect and --sink-connector name one');
  const acted = await addTable({
    ...{ table, topic, source, sinks, dryRun, say, signal, diff: deploymentLines },
    createSignalTable: options['create-signal-table'],
    watchMs: (options.watch ?? WATCH_SECONDS) * 1000,
  });
  if (!acted) say(`${table}: nothing to do`);
  else say(dryRun ? 'not done, because of --dry-run' : `${table} is carried; driftlab reconcile compares both sides`);
  return 0;
}
