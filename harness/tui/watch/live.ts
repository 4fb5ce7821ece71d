import { render, useInput } from 'ink';
import type { ReactNode } from 'react';
import { createElement as h } from 'react';
import type { Paint } from '#report/text.ts';
import { visibleIn } from '#std/visible.ts';
import { type Action, initialUi, type Key, press } from './keys.ts';
import { Screen, screenLines } from './screen.ts';
import { initialWatch, reduceWatch, type WatchInput } from './state.ts';

/** What the lab says is drawn at most so often; keys and a new size are drawn at once. */
const REDRAW_MS = 500;
/** How often what only the clock changes is drawn. */
const TICK_MS = 1000;
/** Of a terminal that does not say how large it is. */
const USUAL = { columns: 80, rows: 24 };

export interface LiveWatch {
  tell(input: WatchInput): void;
  /** Resolves when everything is as it was on the terminal. */
  close(): Promise<void>;
}

export interface LiveWatchOptions {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly paint: Paint;
  /** Where the lab is looked for. */
  readonly address: string;
  /** Told of what a key asks for. */
  readonly act: (action: Action) => void;
}

/** The live lab in place on a terminal, on a screen of its own, until it is closed. */
export function openLiveWatch({ stdin, stdout, paint, address, act }: LiveWatchOptions): LiveWatch {
  let state = initialWatch(address, Date.now());
  let ui = initialUi;
  let drawn = '';
  let waiting: NodeJS.Timeout | undefined;
  let closed: Promise<unknown> | undefined;

  const linesNow = (): string[] => {
    const size = { columns: stdout.columns || USUAL.columns, rows: stdout.rows || USUAL.rows };
    return screenLines({ state, ui, now: Date.now(), ...size, paint });
  };
  const onKey = (key: Key): void => {
    const pressed = press(ui, key, state);
    ui = pressed.ui;
    if (pressed.action !== undefined) act(pressed.action);
    draw();
  };
  const element = (lines: readonly string[]) => h(Watched, { lines, onKey });
  const draw = (): void => {
    clearTimeout(waiting);
    waiting = undefined;
    if (closed !== undefined) return;
    const lines = linesNow();
    const text = lines.join('\n');
    // A frame costs far more to draw than to compare.
    if (text === drawn) return;
    drawn = text;
    instance.rerender(element(lines));
  };
  const drawSoon = (): void => {
    waiting ??= setTimeout(draw, REDRAW_MS);
  };
  const resized = (): void => {
    drawn = '';
    draw();
  };

  const instance = render(element(linesNow()), {
    ...{ stdin, stdout, interactive: true, alternateScreen: true, incrementalRendering: true },
    // In raw mode Ctrl-C is a key like any other.
    exitOnCtrlC: false,
    maxFps: 20,
  });
  const ticking = setInterval(drawSoon, TICK_MS);
  stdout.on('resize', resized);
  return {
    tell(input) {
      state = reduceWatch(state, visibleIn(input));
      drawSoon();
    },
    async close() {
      if (closed === undefined) {
        clearInterval(ticking);
        clearTimeout(waiting);
        stdout.off('resize', resized);
        instance.unmount();
        closed = instance.waitUntilExit();
      }
      await closed;
    },
  };
}

const NAMED: Readonly<Record<string, Key>> = { '\r': 'enter', '\n': 'enter', '\t': 'tab', '\u001b': 'escape' };

/** The screen, and the keyboard. */
function Watched({
  lines,
  onKey,
}: {
  readonly lines: readonly string[];
  readonly onKey: (key: Key) => void;
}): ReactNode {
  useInput((input, key) => {
    if (key.upArrow) onKey('up');
    else if (key.downArrow) onKey('down');
    else if (key.leftArrow) onKey('left');
    else if (key.rightArrow) onKey('right');
    else if (key.pageUp) onKey('page-up');
    else if (key.pageDown) onKey('page-down');
    else if (key.return) onKey('enter');
    else if (key.escape) onKey('escape');
    else if (key.tab) onKey('tab');
    else if (key.ctrl) {
      if (input === 'c') onKey('ctrl-c');
    } else {
      // Keys that are pressed fast come together, Enter and Tab among them.
      for (const character of input) onKey(NAMED[character] ?? character);
    }
  });
  return h(Screen, { lines });
}
