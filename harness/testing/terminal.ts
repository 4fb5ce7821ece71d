import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { OperatorError } from '#std/errors.ts';
import { until } from '#std/wait.ts';

const run = promisify(execFile);

export interface TerminalOptions {
  readonly columns: number;
  readonly rows: number;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A program in a pseudo-terminal of tmux: what it shows, and a keyboard. */
export interface Terminal extends AsyncDisposable {
  /** What is on the screen, a line a row, without colours. */
  screen(): Promise<string>;
  /** The screen with its escape sequences. */
  coloured(): Promise<string>;
  /** Keys by tmux's names: `Down`, `Enter`, `Escape`, or characters. */
  press(...keys: readonly string[]): Promise<void>;
  /** A line as it is, then Enter. */
  type(line: string): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  /** Waits until the screen matches; returns it. Throws an OperatorError (`timed-out`) with the screen past the limit. */
  see(pattern: RegExp, limitMs?: number): Promise<string>;
  /** The program's exit status, once it has ended. */
  ended(): Promise<number>;
}

export function hasTmux(): boolean {
  try {
    execFileSync('tmux', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const ENDED = /^\(ended: (\d+)\)/m;

const SEE_LIMIT_MS = 20_000;
let opened = 0;

/** Disposing ends the program by taking its terminal away (SIGHUP). */
export async function openTerminal({ columns, rows, command, env = {} }: TerminalOptions): Promise<Terminal> {
  // A tmux of our own, that nobody's configuration has a say in.
  const socket = `driftlab-test-${process.pid}-${++opened}`;
  const tmux = async (...args: readonly string[]): Promise<string> =>
    (await run('tmux', ['-L', socket, '-f', '/dev/null', ...args])).stdout;
  // A program with a terminal is shown as such, even where the tests run in CI.
  const settings = [
    'env',
    '-u',
    'CI',
    '-u',
    'NO_COLOR',
    ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
  ];
  // The screen stays after the end, so that the last words and the status can be read.
  const shell = ['sh', '-c', '"$@"; echo "(ended: $?)"; exec sleep 3600', 'sh'];
  const line = [...shell, ...settings, ...command].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  await tmux('new-session', '-d', '-s', 'test', '-x', String(columns), '-y', String(rows), line);
  const capture = (...more: readonly string[]) => tmux('capture-pane', '-p', '-t', 'test', ...more);
  const terminal: Terminal = {
    screen: () => capture(),
    coloured: () => capture('-e'),
    press: async (...keys) => void (await tmux('send-keys', '-t', 'test', ...keys)),
    type: async (line) => {
      // To tmux a semicolon at the end would end the command.
      await terminal.press('-l', line.replace(/;$/, '\\;'));
      await terminal.press('Enter');
    },
    resize: async (width, height) =>
      void (await tmux('resize-window', '-t', 'test', '-x', String(width), '-y', String(height))),
    async see(pattern, limitMs = SEE_LIMIT_MS) {
      let last = '';
      try {
        return await until(
          async () => {
            last = await capture();
            return pattern.test(last) ? last : undefined;
          },
          { what: `the screen to show ${pattern}`, limitMs, pauseMs: 100 },
        );
      } catch (cause) {
        throw new OperatorError({ code: 'timed-out', message: `never saw ${pattern}; last:\n${last}`, cause });
      }
    },
    async ended() {
      const text = await terminal.see(ENDED);
      return Number(ENDED.exec(text)?.[1]);
    },
    async [Symbol.asyncDispose]() {
      await tmux('kill-server').catch(() => {});
    },
  };
  return terminal;
}
