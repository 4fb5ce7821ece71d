import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { sweepAttached } from '#runtimes/attached/sweep.ts';
import { sweepKeptPostgres } from '#runtimes/embedded/kept-place.ts';
import { sweep } from '#runtimes/embedded/lab-folder.ts';
import { doctor } from '#setup/doctor.mjs';
import { INSTALLED, ROOT } from '#setup/layout.mjs';
import { explain, OperatorError } from '#std/errors.ts';
import { nearest } from '#std/nearest.ts';
import { asFailure, catchUncaught, endRun } from '#std/run-end.ts';
import { visibleLines } from '#std/visible.ts';
import type { CliCommand } from './command.ts';
import { asOwnError } from './failure.ts';
import { labCommands, triggerAlias } from './lab/commands.ts';
import { endWithLauncher, givenArguments } from './launcher.ts';

/** All commands. Each is loaded only when it is asked for. */
const COMMANDS: Readonly<Record<string, CliCommand>> = {
  scenario: {
    summary: 'runs a scenario: scenario NAME; --list shows them',
    run: async (args) => (await import('./scenario.ts')).scenarioCommand(args, await host()),
  },
  init: {
    summary: 'writes a commented pipeline file for test, from options or by asking',
    run: async (args) => (await import('./init.ts')).initCommand(args, await host()),
  },
  test: {
    summary: 'runs your own pipeline through the failures that it must survive: test my-pipeline.yaml',
    run: async (args) => (await import('./test.ts')).testCommand(args, await host()),
  },
  report: {
    summary: "writes a finished run's reports again: report reports/latest",
    run: async (args) => (await import('./report.ts')).reportCommand(args, await host()),
  },
  recheck: {
    summary: 'judges a finished run again, without any server: recheck reports/latest',
    run: async (args) => (await import('./recheck.ts')).recheckCommand(args, await host()),
  },
  reconcile: {
    summary: 'compares tables of two databases exactly: reconcile --source URL --target URL --tables A,B',
    run: async (args) => (await import('./reconcile.ts')).reconcileCommand(args, await host()),
  },
  pipeline: {
    summary: 'CDC pipelines between databases, kept in a state database: pipeline create | start | show …',
    run: async (args) => (await import('./pipeline/command.ts')).pipelineCommand(args, await host()),
  },
  connectors: {
    summary: 'connectors of any Kafka Connect cluster: connectors list | deploy FILE | restart NAME … --connect URL',
    run: async (args) => (await import('./connectors/command.ts')).connectorsCommand(args, await host()),
  },
  dlq: {
    summary:
      'dead letter queues of sink connectors: dlq list | show | count | replay --topic T --connect URL --brokers HOSTS',
    run: async (args) => (await import('./dlq/command.ts')).dlqCommand(args, await host()),
  },
  diagnose: {
    summary: 'says why connectors of any Kafka Connect cluster do not run: diagnose --connect URL',
    run: async (args) => (await import('./diagnose.ts')).diagnoseCommand(args, await host()),
  },
  decide: {
    summary:
      'walks the decision trees on the live lab: the path with its evidence, the cause, the recovery that is recommended',
    run: async (args) => (await import('./decide.ts')).decideCommand(args, await host()),
  },
  context: {
    summary: 'what an agent must know of a failure mode, within a number of tokens: context restart --tokens 8000',
    run: async (args) => (await import('./context.ts')).contextCommand(args, await host()),
  },
  memory: {
    summary: 'what is known of the live lab from earlier, as JSON; notes stay over down and up (--issue, --failure)',
    run: async (args) => (await import('./memory.ts')).memoryCommand(args, await host()),
  },
  recover: {
    summary:
      'brings a pipeline back, step by step: recover restart | lag | schema | duplicate | backfill (--apply does it)',
    run: async (args) => (await import('./recover.ts')).recoverCommand(args, await host()),
  },
  catalogue: {
    summary: 'failure modes, causes and recoveries: all that can be broken, found and brought back (--json)',
    run: async (args) => (await import('./catalogue.ts')).catalogueCommand(args, await host()),
  },
  ...labCommands(host),
  mcp: {
    summary: 'serves the live lab to an agent, by MCP over stdio; read-only without --allow-writes',
    run: async (args) => (await import('./mcp.ts')).mcpCommand(args, await host()),
  },
  watch: {
    summary: 'shows the live lab in the terminal, and breaks it at a key; lines without a terminal',
    run: async (args) => (await import('./watch.ts')).watchCommand(args, await host()),
  },
  doctor: {
    summary: 'what this machine has and lacks, and the command that fixes it (--verify: checksums too)',
    run: async (args) => doctor(args),
  },
  ...(INSTALLED ? {} : { dev: forContributors() }),
};

function forContributors(): CliCommand {
  return {
    summary: 'for work on driftlab itself: dev test | check | bench NAME | checksums | causes | build',
    run: async (args) => (await import('./dev.ts')).dev(args),
  };
}

async function host() {
  return (await import('./real-host.ts')).realHost();
}

function help(): string {
  const shown = Object.entries(COMMANDS).filter(([, { hidden }]) => hidden !== true);
  const width = Math.max(...shown.map(([name]) => name.length));
  const lines = shown.map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return ['driftlab: breaks a CDC pipeline on purpose, and reports what happened to every row', '', ...lines, ''].join(
    '\n',
  );
}

async function main([word, ...args]: readonly string[]): Promise<number> {
  if (word === undefined || word === 'help' || word === '--help' || word === '-h') {
    process.stdout.write(`${help()}\n`);
    return 0;
  }
  if (word === '--version' || word === 'version') {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    process.stdout.write(`driftlab ${version}\n`);
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : triggerAlias(word, host);
  if (command !== undefined) return command.run(args);
  const names = Object.keys(COMMANDS).filter((name) => COMMANDS[name]?.hidden !== true);
  const near = nearest(word, names);
  throw new OperatorError({
    code: 'unknown-command',
    message: `there is no command ${JSON.stringify(word)}`,
    expected: `one of ${names.join(', ')}`,
    found: word,
    hint: near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'npx driftlab help',
  });
}

const given = givenArguments();

/** The one error, on the terminal. What a bug shows is its stack: nobody could do anything with less. */
function tell(failure: OperatorError): void {
  process.stderr.write(`${explain(failure)}\n`);
  if (given.includes('--debug')) process.stderr.write(`${visibleLines(inspect(failure))}\n`);
}

// A reader that has gone (`| head`) ends a run as a signal does: in order. What is written after that goes nowhere.
process.stdout.once('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.kill(process.pid, 'SIGTERM');
  else endRun(error);
});
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

catchUncaught(process, (failure) => {
  tell(failure);
  process.exit(failure.exit);
});
endWithLauncher();
try {
  // What a run left that was killed with SIGKILL, whichever command comes next.
  const { foreign, unreachable } = sweep();
  for (const { engine, path } of unreachable)
    process.stderr.write(
      `left: the containers of ${path}, a lab that was killed; no Docker engine answers at ${engine}\n`,
    );
  for (const folder of foreign)
    process.stderr.write(`left: ${folder}, which a lab that was killed named, and which is not marked as that lab's\n`);
  await sweepKeptPostgres();
  for (const line of await sweepAttached()) process.stderr.write(`${visibleLines(line)}\n`);
  process.exitCode = await main(given);
} catch (error) {
  // A bug of ours has judged nothing, so its status is not that of a failed expectation: 3.
  const failure = asFailure(asOwnError(error));
  tell(failure);
  process.exitCode = failure.exit;
}
