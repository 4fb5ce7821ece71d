import { thatFit, whyLeftOut } from '#engine/left-out.ts';
import { runDaemon } from '#lab/daemon.ts';
import { labHome, labPort, readState } from '#lab/home.ts';
import { addMcp } from '#mcp/http.ts';
import { toolWorld } from '#mcp/tool.ts';
import { parseArguments } from '../arguments.ts';
import { loadCatalogue } from '../catalogue.ts';
import type { Host } from '../host.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { enginesOf } from '../options.ts';
import { topologyOf } from '../topology.ts';
import { daemonUsage, LAB_RATE } from './options.ts';
import { labScenario, ownVariants } from './up.ts';

/** `driftlab lab-daemon`: the lab itself, in the foreground. What `up` starts; not meant to be typed. */
export async function daemonCommand(args: readonly string[], host: Host): Promise<number> {
  const { options } = parseArguments(daemonUsage, args);
  const scenario = await labScenario(host);
  const all = { ...scenario.variants, ...ownVariants(scenario) };
  const wanted = options.variants ?? Object.keys(scenario.variants);
  const topology = topologyOf(options) ?? {};
  const variants = Object.fromEntries(Object.entries(all).filter(([name]) => wanted.includes(name)));
  const log = (line: string): void => void host.stdout.write(`${line}\n`);
  let keeps = true;
  using interrupt = listenForInterrupt({
    process: host.process,
    exit: host.exit,
    onFirst(signal) {
      // `down` sends SIGTERM, `clean` and `reset` send SIGINT: they want nothing kept.
      keeps = signal !== 'SIGINT';
      log(`${signal}: going down${keeps ? '' : ', nothing is kept'}`);
    },
  });
  for (const [name, spec] of Object.entries(variants)) {
    const why = whyLeftOut(spec, topology);
    if (why !== undefined) log(`${name} is left out: ${why}`);
  }
  const home = labHome(host.env);
  const before = readState(home);
  const status = await runDaemon({
    home,
    port: labPort(host.env),
    scenario,
    variants: thatFit(variants, topology),
    seed: options.seed ?? host.randomSeed(),
    rate: options.rate ?? LAB_RATE,
    engines: enginesOf(options),
    topology,
    catalogue: await loadCatalogue(host),
    ...(before?.kept === undefined ? {} : { before }),
    addMore: (app) => addMcp(app, toolWorld(host.env, options['allow-writes'])),
    signal: interrupt.signal,
    keeps: () => keeps,
    log,
  });
  // All that was to be ended has ended; a connection that some client has forgotten must not keep the process.
  host.exit(status);
  return status;
}
