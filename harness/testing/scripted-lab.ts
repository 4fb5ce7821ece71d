import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LabFault } from '#contracts/lab-fault.ts';
import type { LabPhase, LabReport, LabWritersRequest } from '#contracts/lab-report.ts';
import type { LabStack } from '#contracts/lab-stack.ts';
import { createEventHub } from '#lab/events.ts';
import { type LabHome, labHome, makeToken, writeState } from '#lab/home.ts';
import { serveLab } from '#lab/http/server.ts';
import type { LiveLab } from '#lab/open-lab.ts';
import type { LabEvent } from '#model/lab.ts';
import { OperatorError } from '#std/errors.ts';
import { freePorts } from '#std/free-port.ts';
import { identify } from '#std/process-table.ts';
import { labCatalogue, labConnectors, labFault, labLags, labReport, labStack } from './lab-answers.ts';

/** What a scripted lab answers; a test changes it as it goes on. */
interface Script {
  report: LabReport;
  stack: LabStack;
}

export interface ScriptedLab extends AsyncDisposable {
  /** What `DRIFTLAB_HOME` must be for a command to find it. */
  readonly folder: string;
  readonly port: number;
  readonly script: Script;
  /** What it was asked to do, in order. */
  readonly asked: readonly string[];
  emit(event: LabEvent): void;
  latency(variant: string, seconds: number): void;
  /** Its state file says `phase`, and its HTTP interface goes. */
  down(phase?: 'running' | 'down'): Promise<void>;
  /** It is back, as another process would be: with event ids of its own. */
  up(): Promise<void>;
}

/** The live lab's real HTTP interface before a lab that only says what it is told to: no server runs behind it. */
export async function openScriptedLab(catalogue = labCatalogue()): Promise<ScriptedLab> {
  const folder = mkdtempSync(join(tmpdir(), 'driftlab-watch-'));
  const home = labHome({ DRIFTLAB_HOME: folder });
  const [port] = await freePorts(1);
  const script: Script = { report: labReport(), stack: labStack() };
  const asked: string[] = [];
  let listener: (variant: string, seconds: number) => void = () => {};
  let hub = createEventHub(1);
  let starts = 0;
  let server: AsyncDisposable | undefined;

  const up = async (): Promise<void> => {
    starts += 1;
    hub = createEventHub(starts);
    say(home, port, 'running', script.report);
    const lab = scriptedLab(script, asked, hub, (listens) => {
      listener = listens;
    });
    server = await serveLab({ lab, port, token: makeToken(home), catalogue });
  };
  const down = async (phase: 'running' | 'down' = 'running'): Promise<void> => {
    // First the word, so that whoever misses the interface finds out at once why it has gone.
    say(home, port, phase, script.report);
    await server?.[Symbol.asyncDispose]();
    server = undefined;
  };
  await up();
  return {
    ...{ folder, port, script, asked, up, down },
    emit: (event) => hub.emit(event),
    latency: (variant, seconds) => listener(variant, seconds),
    async [Symbol.asyncDispose]() {
      await down('down');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** This process is the daemon; ended in order there is none. */
function say(home: LabHome, port: number, phase: LabPhase | 'down', { lab }: LabReport): void {
  const self = identify(process.pid);
  if (self === undefined) throw new Error('this process is not in the process table');
  const daemon = phase === 'down' ? { ...self, started: 'gone' } : self;
  writeState(home, { id: lab.id, phase, daemon, port, startedAt: 0, seed: lab.seed, rate: 100, variants: [] });
}

function scriptedLab(
  script: Script,
  asked: string[],
  hub: LiveLab['hub'],
  onListener: (listener: (variant: string, seconds: number) => void) => void,
): LiveLab {
  const never = (): never => {
    throw new Error('a scripted lab has no servers');
  };
  const fault = (id: string): LabFault => ({ ...labFault(), id });
  const lab: Partial<LiveLab> = {
    hub,
    get phase() {
      return script.report.lab.phase;
    },
    unhealthy: () => [],
    report: () => script.report,
    stack: () => script.stack,
    lags: () => labLags(),
    connectors: async () => labConnectors(),
    writers: async (request: LabWritersRequest) => {
      asked.push(`writers ${JSON.stringify(request)}`);
      script.report = { ...script.report, writers: { ...script.report.writers, ...request } };
      return script.report.writers;
    },
    onLatency: onListener,
    desk: {
      faults: [],
      current: undefined,
      whyNot: () => undefined,
      trigger(mode, request) {
        asked.push(`inject ${mode} ${JSON.stringify(request)}`);
        if (mode === 'schema')
          throw new OperatorError({ code: 'fault-under-way', message: 'the fault lag-2 is under way', hint: 'wait' });
        return fault(`${mode}-3`);
      },
      heal(id) {
        asked.push(`heal ${id}`);
        return fault(id);
      },
      get: fault,
      idle: never,
    },
  };
  return lab as LiveLab;
}
