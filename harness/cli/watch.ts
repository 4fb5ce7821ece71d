import { openClient } from '#lab/client.ts';
import { labHome, labPort, readState } from '#lab/home.ts';
import { visibleIn } from '#std/visible.ts';
import { isInteractive, paintFor } from '#tui/view.ts';
import type { WatchInput } from '#tui/watch/state.ts';
import type { OptionTable, Usage } from './arguments.ts';
import { helpOf, parseArguments } from './arguments.ts';
import type { Host } from './host.ts';
import { INTERRUPTED, listenForInterrupt } from './interrupt.ts';
import { COMMON } from './options.ts';
import { carryOut, followLab } from './watch-follow.ts';

const watchOptions = {
  lines: { kind: 'switch', help: 'lines, as without a terminal' },
  ...COMMON,
} as const satisfies OptionTable;

const watchUsage: Usage<typeof watchOptions> = {
  command: 'watch',
  summary:
    'Shows the live lab as it goes on, and breaks it at a key; ? in it shows the keys. The lab goes on when it is left.\n' +
    'Without a terminal: lines. Exit status: 0 left with q, 130 interrupted, 3 the lab has gone (lines only).',
  operands: [],
  options: watchOptions,
  examples: ['npx driftlab watch', 'npx driftlab watch --lines', 'npx driftlab watch | tee lab.log'],
};

/** Without a person who could start it again, a lab that has gone is given up after so long. */
const AWAY_MAX_MS = 60_000;

/** `driftlab watch`: attaches to the lab, and leaves it as it is. */
export async function watchCommand(args: readonly string[], host: Host): Promise<number> {
  const { options } = parseArguments(watchUsage, args);
  if (options.help) {
    host.stdout.write(`${helpOf(watchUsage)}\n`);
    return 0;
  }
  const onTerminal = isInteractive(host.stdout, host.env) && process.stdin.isTTY === true;
  return onTerminal && !options.lines ? watchOnTerminal(host) : watchAsLines(host);
}

async function watchAsLines(host: Host): Promise<number> {
  const home = labHome(host.env);
  // That there is no lab is said at once, and is an error: nobody can start one here.
  openClient(home);
  const { watchLines } = await import('#tui/watch/lines.ts');
  const lines = watchLines(paintFor(host.stdout, host.env));
  using interrupt = listenForInterrupt({ process: host.process, exit: host.exit, onFirst: () => {} });
  const tell = (input: WatchInput): void => {
    for (const line of lines(visibleIn(input))) host.stdout.write(`${line}\n`);
  };
  await followLab({ connect: () => openClient(home), tell, signal: interrupt.signal, awayMaxMs: AWAY_MAX_MS });
  return INTERRUPTED;
}

async function watchOnTerminal(host: Host): Promise<number> {
  // React's development build measures every render and keeps the measures: too much for a program that runs for days.
  process.env.NODE_ENV ??= 'production';
  const { openLiveWatch } = await import('#tui/watch/live.ts');
  const home = labHome(host.env);
  const connect = () => openClient(home);
  const quit = new AbortController();
  using interrupt = listenForInterrupt({ process: host.process, exit: host.exit, onFirst: () => {} });
  const live = openLiveWatch({
    ...{ stdin: process.stdin, stdout: process.stdout, paint: paintFor(host.stdout, host.env) },
    address: `127.0.0.1:${readState(home)?.port ?? labPort(host.env)}`,
    act: (action) => {
      if (action.kind === 'quit') quit.abort();
      else void carryOut(action, connect).then((said) => live.tell({ kind: 'said', said }));
    },
  });
  let attached = false;
  const tell = (input: WatchInput): void => {
    attached = input.kind === 'attached' || (attached && input.kind !== 'away');
    live.tell(input);
  };
  try {
    await followLab({ connect, tell, signal: AbortSignal.any([quit.signal, interrupt.signal]) });
  } finally {
    await live.close();
  }
  if (attached) host.stdout.write('the lab goes on: npx driftlab watch shows it again, npx driftlab down ends it\n');
  return interrupt.signal.aborted ? INTERRUPTED : 0;
}
