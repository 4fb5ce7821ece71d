import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { labHome, makeHome, makeToken, writeState } from '#lab/home.ts';
import { writeMemory } from '#lab/memory.ts';
import type { LabState } from '#lab/state.ts';
import { MARKER } from '#setup/own-folder.mjs';
import { OperatorError } from '#std/errors.ts';
import { type TestHost, testHost } from '#testing/cli-host.ts';
import { cleanCommand, downCommand, resetCommand } from './down.ts';
import { consumeCommand, topicsCommand } from './kafka.ts';
import { connectorStatusCommand, lagCommand } from './looks.ts';
import { shellCommand } from './shell.ts';
import { statusCommand } from './status.ts';
import { triggerCommand } from './trigger.ts';
import { upCommand } from './up.ts';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'driftlab-homes-')));
});
afterEach(() => rmSync(folder, { recursive: true }));

type Command = (args: readonly string[], host: TestHost) => Promise<number>;

/** Those that end or start a lab, and so write or remove. `reset` and `up` would start one where nothing is wrong. */
const CHANGING: Readonly<Record<string, Command>> = {
  up: upCommand,
  reset: resetCommand,
  down: downCommand,
  clean: cleanCommand,
};
const LOOKING: Readonly<Record<string, Command>> = {
  status: statusCommand,
  lag: lagCommand,
  'connector-status': connectorStatusCommand,
  'kafka-topics': topicsCommand,
  'kafka-consume': consumeCommand,
  'source-shell': (args, host) => shellCommand('source', args, host),
  'trigger-restart': (args, host) => triggerCommand(['restart', ...args], host),
};

/** What a command ends with: its status, or the error that is shown. Anything else it throws is a bug, with its stack. */
async function end(command: Command, home: string): Promise<{ status: number; out: string; error?: OperatorError }> {
  const host = { ...testHost(folder, () => Promise.reject(new Error('no run'))), env: { DRIFTLAB_HOME: home } };
  try {
    return { status: await command([], host), out: host.out.join('') };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { status: error.exit, out: host.out.join(''), error };
  }
}

/** All that is in a folder, with what is in its files. */
function everything(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .map((entry) => {
      const at = join(entry.parentPath, entry.name);
      return `${at} ${entry.isFile() ? readFileSync(at, 'utf8') : entry.isDirectory() ? 'folder' : 'other'}`;
    })
    .sort();
}

const state: LabState = {
  ...{ id: 'lab-1', phase: 'down', port: 1, startedAt: 1, seed: 7, rate: 100, variants: ['dedup'] },
  daemon: { pid: 4_000_000, started: 'boot-gone/1' },
};

function leaveLab(home: string, fields: Partial<LabState> = {}): void {
  const lab = labHome({ DRIFTLAB_HOME: home });
  makeHome(lab);
  writeState(lab, { ...state, ...fields });
  makeToken(lab);
  writeMemory(lab, { faults: [], alerts: [], asked: [], seq: 0 });
  for (const file of [lab.ledger, lab.log]) writeFileSync(file, '');
  mkdirSync(lab.logs);
}

describe('a home that is not the lab’s', () => {
  const FOREIGN: Readonly<Record<string, (home: string) => void>> = {
    'a folder of somebody else': (home) => {
      mkdirSync(join(home, 'deep'), { recursive: true });
      writeFileSync(join(home, 'deep', 'thesis.txt'), 'years');
    },
    'a folder with names that a lab uses, too': (home) => {
      mkdirSync(join(home, 'logs'), { recursive: true });
      writeFileSync(join(home, 'state.json'), '{"theme":"dark"}');
      writeFileSync(join(home, 'token'), 'mine');
    },
    'a file': (home) => writeFileSync(home, 'not a folder'),
    'a link to a folder of somebody else': (home) => {
      mkdirSync(join(folder, 'real'));
      writeFileSync(join(folder, 'real', 'thesis.txt'), 'years');
      symlinkSync(join(folder, 'real'), home);
    },
    'a folder that is marked by a folder': (home) => {
      mkdirSync(join(home, MARKER), { recursive: true });
    },
  };

  for (const [what, make] of Object.entries(FOREIGN))
    test.each(Object.entries(CHANGING))(`${what}: %s refuses it and touches nothing`, async (_, command) => {
      const home = join(folder, 'home');
      make(home);
      const before = everything(folder);
      const { status, error } = await end(command, home);
      expect({ status, code: error?.code }).toEqual({ status: 2, code: 'home-foreign' });
      expect(everything(folder)).toEqual(before);
    });
});

test('clean removes what the lab has written, and nothing else, and says what it left', async () => {
  const home = join(folder, 'home');
  leaveLab(home);
  writeFileSync(join(home, 'notes.txt'), 'mine');
  mkdirSync(join(folder, 'far'));
  writeFileSync(join(folder, 'far', 'x'), 'mine');
  symlinkSync(join(folder, 'far'), join(home, 'logs', 'link'));
  const { status, out } = await end(cleanCommand, home);
  expect(status).toBe(0);
  expect(out).toContain('notes.txt');
  expect(readdirSync(home)).toEqual(['notes.txt']);
  expect(readdirSync(join(folder, 'far'))).toEqual(['x']);
});

test('a home behind a link is emptied, and the link stays', async () => {
  leaveLab(join(folder, 'real'));
  symlinkSync(join(folder, 'real'), join(folder, 'home'));
  expect((await end(cleanCommand, join(folder, 'home'))).status).toBe(0);
  expect(readdirSync(join(folder, 'real'))).toEqual([]);
  expect(readdirSync(folder)).toContain('home');
});

test('a lab of an older version, which put no mark into its home, is still cleaned', async () => {
  const home = join(folder, 'home');
  leaveLab(home);
  rmSync(join(home, MARKER));
  expect((await end(cleanCommand, home)).status).toBe(0);
  expect(existsSync(home)).toBe(false);
});

test.each([
  ['a lab of before there were engines to choose', {}, ['--source', 'mariadb'], 'source postgres'],
  ['a MariaDB source', { source: 'mariadb' }, ['--source', 'postgres'], 'source mariadb'],
  ['a MariaDB sink', { sink: 'mariadb' }, ['--source', 'postgres', '--sink', 'postgres'], 'sink mariadb'],
])('what was kept of %s does not go on between other engines', async (_, engines, args, expected) => {
  const home = join(folder, 'home');
  leaveLab(home, { kept: join(folder, 'gone'), ...(Object.keys(engines).length === 0 ? {} : { engines }) });
  const before = everything(folder);
  const { status, error } = await end((_args, host) => upCommand(args, host), home);
  expect({ status, code: error?.code, expected: error?.expected }).toEqual({
    status: 2,
    code: 'lab-differs',
    expected,
  });
  expect(everything(folder)).toEqual(before);
});

test.each([
  ['one broker', {}, ['--brokers', '3'], 'brokers 1'],
  ['three brokers', { brokers: 3, workers: 2 }, ['--brokers', '1', '--workers', '2'], 'brokers 3'],
])('what was kept of a lab of %s does not go on as a lab of others', async (_, topology, args, expected) => {
  const home = join(folder, 'home');
  leaveLab(home, { kept: join(folder, 'gone'), topology });
  const { error } = await end((_args, host) => upCommand(args, host), home);
  expect({ code: error?.code, expected: error?.expected }).toEqual({ code: 'lab-differs', expected });
});

describe('state files of any content', () => {
  const FOREIGN_KEPT = 'kept data in a foreign folder';
  const BAD: Readonly<Record<string, string | Uint8Array>> = {
    nothing: '',
    null: 'null',
    'a list': '[]',
    'an empty object': '{}',
    'a number': '7',
    'a file that was cut off': '{"id":"lab-1","phase":"ru',
    'binary data': Uint8Array.from({ length: 300 }, (_, n) => (n * 37) % 256),
    'the state of another version': '{"version":9,"daemon":{"pid":-1,"started":null},"phase":"hovering","kept":["/"]}',
    [FOREIGN_KEPT]: JSON.stringify({ ...state, kept: '/usr' }),
    'engines that are no names': JSON.stringify({ ...state, engines: { source: 1 } }),
    'wrong kinds of everything':
      '{"id":1,"phase":null,"daemon":"x","port":"y","variants":{},"faults":1,"asked":[null]}',
  };
  const FILES = ['state.json', 'memory.json', 'token', 'ledger.jsonl', MARKER];

  for (const file of FILES)
    test.each(Object.entries(BAD))(
      `${file} with %s: every command says how to get out, and clean does`,
      async (_, bad) => {
        const home = join(folder, 'home');
        leaveLab(home, { kept: join(folder, 'gone') });
        writeFileSync(join(home, file), bad);
        for (const command of [...Object.values(LOOKING), downCommand]) {
          const { status, error } = await end(command, home);
          // 0 of what is down already; what cannot go on names a way out that does.
          expect(status).toBe(error === undefined ? 0 : 2);
          if (error !== undefined) expect(error.hint).toMatch(/npx driftlab (clean|up)/);
        }
        expect((await end(cleanCommand, home)).status).toBe(0);
        expect(existsSync(home)).toBe(false);
        leaveLab(home, { kept: join(folder, 'gone') });
        writeFileSync(join(home, file), bad);
        // With any other file as it is, `up` would start the servers.
        if ((file === 'state.json' && bad !== BAD[FOREIGN_KEPT]) || file === 'memory.json') {
          const before = everything(folder);
          const { status, error } = await end(upCommand, home);
          expect({ status, code: error?.code }).toEqual({ status: 2, code: 'state-damaged' });
          expect(everything(folder)).toEqual(before);
        }
        expect(existsSync('/usr')).toBe(true);
        await end(cleanCommand, home);
        expect(readdirSync(folder)).toEqual([]);
      },
    );
});
