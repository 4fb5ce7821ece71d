import { type LabClient, openClient } from '#lab/client.ts';
import { labHome } from '#lab/home.ts';
import type { LabFault } from '#model/lab.ts';
import { until } from '#std/wait.ts';
import { helpOf, parseArguments } from '../arguments.ts';
import type { Host } from '../host.ts';
import { triggerUsage } from './options.ts';

/** What a fault may take besides the time it is kept up: each of its own waits has a limit of a minute or two. */
const FOLLOW_LIMIT_MS = 600_000;
const EXIT = { PASS: 0, WARN: 1, SYNC_IN_PROGRESS: 3, UNKNOWN: 3, FAIL: 1 } as const;

/** `driftlab trigger-<mode>`: returns when the fault is asked for; with `--wait` when it is judged. */
export async function triggerCommand(mode: string, args: readonly string[], host: Host): Promise<number> {
  const usage = triggerUsage(mode);
  const { options } = parseArguments(usage, args);
  if (options.help) {
    host.stdout.write(`${helpOf(usage)}\n`);
    return 0;
  }
  const client = openClient(labHome(host.env));
  const { seconds, rows, step } = options;
  const asked = await client.post<LabFault>(`/api/v1/faults/${mode}`, {
    ...(seconds === undefined ? {} : { seconds }),
    ...(rows === undefined ? {} : { rows }),
    ...(step === undefined ? {} : { step }),
  });
  host.stdout.write(`${asked.id}: ${asked.title}\n`);
  const fault = await followUntil(host, client, {
    first: asked,
    limitMs: (seconds ?? 0) * 1000 + FOLLOW_LIMIT_MS,
    enough: options.wait ? settled : injected,
  });
  if (!options.wait && fault.state !== 'failed') {
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
