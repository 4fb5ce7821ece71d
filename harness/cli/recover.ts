import type { RecoveredStep, RecoveryReport } from '#contracts/recovery.ts';
import { type Here, openHere, withVaulted } from '#manager/here.ts';
import { resolveAddress } from '#manager/references.ts';
import { connectOf, placeOf } from '#manager/servers.ts';
import { hasDatabases, RECOVERIES } from '#recovery/recoveries.ts';
import { runRecovery } from '#recovery/run.ts';
import { verdictOf } from '#recovery/steps/repair-rows.ts';
import type { RecoveredConnector, RecoveredDatabase, RecoveryWorld } from '#recovery/world.ts';
import { commaList } from '#std/comma-list.ts';
import { helpOf, type ParsedArguments, parseArguments, unknownName, usageError } from './arguments.ts';
import type { Host } from './host.ts';
import { interruptible } from './interrupt.ts';
import { labAddresses } from './lab/kafka.ts';
import { recoverUsage } from './recover-options.ts';

type World = Pick<Host, 'stdout' | 'stderr' | 'env' | 'process' | 'exit'>;
type Options = ParsedArguments<typeof recoverUsage.options>['options'];

const LATE_DAYS = 7;
const SETTLE_SECONDS = 10;

/** `driftlab recover RECOVERY` */
export async function recoverCommand(args: readonly string[], host: World): Promise<number> {
  const { operands, options } = parseArguments(recoverUsage, args);
  const write = (...lines: readonly string[]): void => void host.stdout.write(`${lines.join('\n')}\n`);
  if (options.help) {
    write(
      helpOf(recoverUsage),
      '',
      'Recoveries:',
      ...RECOVERIES.map(({ name, title }) => `  ${name.padEnd(9)}  ${title}`),
    );
    return 0;
  }
  // The arguments may hold a password; this writes over them in the list of processes.
  process.title = 'driftlab recover';
  const [name = ''] = operands;
  const recovery = RECOVERIES.find((one) => one.name === name);
  if (recovery === undefined)
    throw unknownName(
      'recovery',
      name,
      RECOVERIES.map((one) => one.name),
      'driftlab recover --help',
    );
  using asked = openHere(host.env, () => labAddresses(host));
  return await interruptible(host, async (signal) => {
    const { source, target, connect, 'sink-connect': sinkConnect } = options;
    const addresses = [source ?? '', target ?? '', ...commaList(connect), ...commaList(sinkConnect)];
    const world = worldOf(options, await withVaulted(asked, addresses, signal), signal);
    const steps = await recovery.steps(world, {
      skip: options.skip,
      late: {
        business: options['business-time'] ?? 'created_at',
        arrived: options['arrival-time'] ?? '_cdc_received',
        days: options['late-days'] ?? LATE_DAYS,
      },
    });
    const { apply, json } = options;
    const report = await runRecovery(steps, {
      ...{ recovery: name, apply, acceptLoss: options['accept-loss'], signal },
      ...(json ? {} : { onStep: (step) => write(...stepLines(step)) }),
      ...(hasDatabases(world) ? { verdict: () => verdictOf(world) } : {}),
    });
    write(...(json ? [JSON.stringify(report)] : lastLines(report)));
    return isRecovered(report) ? 0 : 1;
  });
}

function isRecovered({ steps, verdict }: RecoveryReport): boolean {
  return verdict?.status !== 'FAIL' && steps.every(({ outcome }) => outcome === 'none' || outcome === 'done');
}

function worldOf(options: Options, here: Here, signal: AbortSignal): RecoveryWorld {
  const database = (side: 'source' | 'target'): RecoveredDatabase | undefined => {
    const address = options[side];
    if (address === undefined) return undefined;
    const { url } = resolveAddress(side, address, here);
    const { server, database: name } = placeOf(url);
    return { url, where: `${server.user}@${server.host}:${server.port}/${name}` };
  };
  const connector = (name: string | undefined, addresses: string | undefined): RecoveredConnector | undefined => {
    if (name === undefined) return undefined;
    if (addresses === undefined) throw usageError(recoverUsage, `which workers have ${name}? --connect URL names them`);
    const { client, urls } = connectOf(commaList(addresses), here);
    return { name, client, connect: urls[0] ?? '' };
  };
  const source = database('source');
  const target = database('target');
  const sourceConnector = connector(options['source-connector'], options.connect);
  const sink = connector(options['sink-connector'], options['sink-connect'] ?? options.connect);
  return {
    ...(source && { source }),
    ...(target && { target }),
    tables: commaList(options.tables).map((table) => {
      const [from = '', to = from] = table.split('=');
      return { source: from, target: to };
    }),
    connectors: [sourceConnector, sink].filter((one) => one !== undefined),
    ...(sink && { sink }),
    ...(options.brokers === undefined ? {} : { brokers: commaList(options.brokers) }),
    settleMs: (options.settle ?? SETTLE_SECONDS) * 1000,
    signal,
  };
}

const DONE: Readonly<Record<RecoveredStep['outcome'], string>> = {
  none: 'nothing to do',
  planned: 'to be done (--apply does it)',
  refused: 'not done, since it gives something up (--accept-loss agrees to that)',
  done: 'done',
};

function stepLines({ title, at, before, run, loses, outcome, after }: RecoveredStep): string[] {
  return [
    `${title}: ${DONE[outcome]}`,
    `  at ${at}`,
    `  before: ${before}`,
    ...run.map((line) => `    ${line}`),
    ...(loses === undefined ? [] : [`  gives up: ${loses}`]),
    ...(after === undefined ? [] : [`  after: ${after}`]),
  ];
}

function lastLines({ verdict, steps, applied }: RecoveryReport): string[] {
  if (verdict !== undefined) return ['', `${verdict.status}: ${verdict.says}`];
  const planned = steps.filter(({ outcome }) => outcome === 'planned').length;
  if (!applied && planned > 0)
    return ['', `${planned} of ${steps.length} steps are to be done; looked at as it is now`];
  return [];
}
