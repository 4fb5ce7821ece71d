import type { Progress } from '#reconcile/reconcile.ts';
import { visible, visibleLines } from '#std/visible.ts';
import type { LogLevel } from './reconcile-options.ts';

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warning', 'error'];
const BAR = 24;
const REDRAW_MS = 100;

/** Standard error: log lines, and on a terminal below them one bar for the table at work. */
export interface Narrator {
  log(level: LogLevel, text: string): void;
  progress(progress: Progress): void;
  /** Removes the bar. */
  end(): void;
}

export function narrator(
  out: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number },
  level: LogLevel,
): Narrator {
  const terminal = out.isTTY === true;
  let bar = '';
  // Not 0: the clock counts from the process's start, and the first bar may come sooner than a redraw's interval after it.
  let drawnAt = Number.NEGATIVE_INFINITY;
  const clear = () => {
    if (bar !== '') out.write('\r\x1b[K');
    bar = '';
  };
  return {
    log(at, text) {
      if (LEVELS.indexOf(at) < LEVELS.indexOf(level)) return;
      const kept = bar;
      clear();
      out.write(`${new Date().toISOString()} ${at.toUpperCase().padEnd(7)} ${visibleLines(text)}\n`);
      if (kept !== '') out.write(kept);
      bar = kept;
    },
    progress(progress) {
      if (!terminal) return;
      const now = performance.now();
      if (progress.phase !== 'done' && now - drawnAt < REDRAW_MS) return;
      drawnAt = now;
      clear();
      const line = barOf(progress).slice(0, (out.columns ?? 80) - 1);
      if (progress.phase === 'done') out.write(`${line}\n`);
      else {
        bar = line;
        out.write(line);
      }
    },
    end: clear,
  };
}

function barOf({ table, phase, done, total, rows, differing }: Progress): string {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const filled = Math.round(share * BAR);
  const bar = `[${'#'.repeat(filled)}${'-'.repeat(BAR - filled)}]`;
  const percent = `${Math.floor(share * 100)} %`.padStart(5);
  const seconds = Math.max(0, (total - done) / 1000).toFixed(0);
  const what =
    phase === 'settling' ? `looking again at ${differing} for ${seconds} s` : `${rows} rows, ${differing} differ`;
  return `${visible(table)} ${bar} ${percent}  ${what}`;
}
