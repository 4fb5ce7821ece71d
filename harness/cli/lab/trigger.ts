import type { LabFault } from '#contracts/lab-fault.ts';
import { type LabClient, openClient } from '#lab/client.ts';
import { labHome } from '#lab/home.ts';
import { HOPS, hopId } from '#model/network.ts';
import type { Scenario } from '#model/scenario.ts';
import { OperatorError } from '#std/errors.ts';
import { until } from '#std/wait.ts';
import { helpOf, parseArguments, unknownName } from '../arguments.ts';
import type { Host } from '../host.ts';
import { networkUsage, registryUsage, triggerHelp, triggerUsage } from './options.ts';
import { labScenario } from './up.ts';

/** What a fault may take besides the time it is kept up: each of its own waits has a limit of a minute or two. */
const FOLLOW_LIMIT_MS = 600_000;
const EXIT = { PASS: 0, WARN: 1, SYNC_IN_PROGRESS: 3, UNKNOWN: 3, FAIL: 1 } as const;

/** What is asked for by more than its mode's name: by two peers, or by what a schema registry does. */
const FAMILIES: Readonly<Record<string, (args: readonly string[], host: Host) => Promise<number>>> = {
  network: triggerNetwork,
  registry: triggerRegistry,
};

/**
 * `driftlab trigger MODE`, of any mode that the live lab has: returns when the fault is asked for; with `--wait` when it is
 * judged. Throws an OperatorError (`unknown-mode`) for another word.
 */
export async function triggerCommand([word, ...args]: readonly string[], host: Host): Promise<number> {
  const modes = (await labScenario(host)).modes;
  if (word === undefined || word === '--help' || word === '-h') {
    host.stdout.write(`${triggerHelp(modes)}\n`);
    return 0;
  }
  if (Object.hasOwn(FAMILIES, word)) return (FAMILIES[word] as (typeof FAMILIES)[string])(args, host);
  const mode = modes.find(({ id }) => id === word);
  if (mode === undefined) throw unknownName('mode', word, [...modes.map(({ id }) => id), ...Object.keys(FAMILIES)]);
  const usage = triggerUsage(mode);
  const { options } = parseArguments(usage, args);
  if (options.help) {
    host.stdout.write(`${helpOf(usage)}\n`);
    return 0;
  }
  return trigger(host, mode.id, options);
}

/** `driftlab trigger network`: what a network does between two peers. */
async function triggerNetwork(args: readonly string[], host: Host): Promise<number> {
  const { options } = parseArguments(networkUsage, args);
  if (options.help) {
    host.stdout.write(`${helpOf(networkUsage)}\n`);
    return 0;
  }
  const { mode, step } = networkFault(options.between?.split(',') ?? ['broker', 'consumer'], options.step ?? 'cut');
  return trigger(host, mode, { ...options, step });
}

/** `driftlab trigger registry`: what a schema registry does. */
async function triggerRegistry(args: readonly string[], host: Host): Promise<number> {
  const steps = registrySteps(await host.loadScenarios());
  const usage = registryUsage([...steps.keys()]);
  const { options } = parseArguments(usage, args);
  if (options.help) {
    host.stdout.write(`${helpOf(usage)}\n`);
    return 0;
  }
  const { step = 'killed' } = options;
  const mode = steps.get(step);
  if (mode === undefined) throw unknownName('step', step, [...steps.keys()]);
  return trigger(host, mode, { ...options, step });
}

/** By each step of a schema registry's failure modes, the mode that has it. */
export function registrySteps(scenarios: readonly Scenario[]): ReadonlyMap<string, string> {
  const modes = scenarios.filter(({ aliases }) => aliases.includes('registry')).flatMap((one) => one.modes);
  return new Map(modes.flatMap(({ id, steps }) => steps.map((step) => [step.id, id] as const)));
}

/** The failure mode and the step that are meant. Throws an OperatorError (`wrong-parameter`) for two that do not talk. */
export function networkFault(
  between: readonly string[],
  step: string,
): { readonly mode: string; readonly step: string } {
  const [from, to] = between;
  const hop = HOPS.find(
    (one) =>
      between.length === 2 &&
      one.every((peer) => between.includes(peer)) &&
      new Set(one).size === new Set(between).size,
  );
  if (hop === undefined)
    throw new OperatorError({
      code: 'wrong-parameter',
      message: `--between: ${between.join(' and ')} do not talk to each other`,
      expected: HOPS.map((one) => one.join(',')).join(' or '),
      found: between.join(','),
    });
  const back = step === 'one-way' && from !== to && from === hop[1];
  return { mode: hopId(hop), step: back ? 'one-way-back' : step };
}

interface Wish {
  readonly seconds?: number | undefined;
  readonly rows?: number | undefined;
  readonly step?: string | undefined;
  readonly wait?: boolean | undefined;
}

async function trigger(host: Host, mode: string, { seconds, rows, step, wait }: Wish): Promise<number> {
  const client = openClient(labHome(host.env));
  const asked = await client.post<LabFault>(`/api/v1/faults/${mode}`, {
    ...(seconds === undefined ? {} : { seconds }),
    ...(rows === undefined ? {} : { rows }),
    ...(step === undefined ? {} : { step }),
  });
  host.stdout.write(`${asked.id}: ${asked.title}\n`);
  const fault = await followUntil(host, client, {
    first: asked,
    limitMs: (seconds ?? 0) * 1000 + FOLLOW_LIMIT_MS,
    enough: wait === true ? settled : injected,
  });
  if (wait !== true && fault.state !== 'failed') {
    host.stdout.write(`  watch for: ${fault.watch_for}\n`);
    host.stdout.write('  npx driftlab watch shows it, npx driftlab status reports the result\n');
    return 0;
  }
  host.stdout.write(`${verdictLines(fault).join('\n')}\n`);
  return EXIT[fault.verdict ?? 'UNKNOWN'];
}

function settled({ state }: LabFault): boolean {
  return state === 'settled' || state === 'failed';
}

/** In: it is kept up, it has happened already, or nothing more can become of it. */
function injected(fault: LabFault): boolean {
  return fault.state !== 'injecting' || fault.heals_in_ms !== null;
}

/** Says what the fault does until it is as far as is wanted. */
async function followUntil(
  host: Host,
  client: LabClient,
  { first, limitMs, enough }: { first: LabFault; limitMs: number; enough: (fault: LabFault) => boolean },
): Promise<LabFault> {
  let fault = first;
  let said = '';
  return until(
    async () => {
      fault = await client.get<LabFault>(`/api/v1/faults/${first.id}`);
      if (fault.doing !== said) {
        said = fault.doing;
        const left = fault.heals_in_ms === null ? '' : `; heals in ${Math.ceil(fault.heals_in_ms / 1000)} s`;
        host.stdout.write(`  ${said}${left}\n`);
      }
      return enough(fault) ? fault : undefined;
    },
    {
      what: `the fault ${first.id}`,
      limitMs,
      pauseMs: 100,
      saw: () => fault.doing,
      hint: 'npx driftlab status reports the result',
    },
  );
}

/** What became of a fault: its evidence, and each variant. */
export function verdictLines(fault: LabFault): string[] {
  const width = Math.max(0, ...Object.keys(fault.variants).map((name) => name.length));
  return [
    `${fault.verdict ?? '…'}  ${fault.id}: ${fault.error ?? fault.evidence?.text ?? fault.doing}`,
    ...Object.entries(fault.variants).map(([name, { met, status, expected, seen }]) => {
      const mark = met === null ? '?' : met ? '✓' : '✗';
      const open = expected === 'nothing' ? 'this step has no expectation for it' : 'already damaged, so inconclusive';
      const as = met === null ? open : met ? 'as expected' : `expected: ${expected}`;
      return `  ${mark} ${name.padEnd(width)}  ${status.padEnd(5)}  ${seen}; ${as}`;
    }),
  ];
}
