import { render } from 'ink';
import { createElement as h } from 'react';
import type { Paint } from '#report/text.ts';
import { visibleIn, visibleLines } from '#std/visible.ts';
import type { AppProps } from './app.ts';
import { App } from './app.ts';
import { initialState, reduce } from './state.ts';
import type { View } from './view.ts';

/** How often times that run on are drawn anew while no event comes. */
const TICK_MS = 500;
const FRAMES_PER_SECOND = 10;

/** Draws a run in place on a terminal. */
export function liveView(stdout: NodeJS.WriteStream, paint: Paint): View {
  let state = initialState;
  const element = () => {
    const props: AppProps = { state, now: Date.now(), columns: stdout.columns ?? 80, paint };
    return h(App, props);
  };
  const instance = render(element(), {
    stdout,
    // Ctrl-C is a signal here, as it is without a view: nothing reads the keyboard.
    exitOnCtrlC: false,
    interactive: true,
    // What a library says on the console would tear the drawing apart; elsewhere the console is not in the way.
    patchConsole: stdout === process.stdout,
    maxFps: FRAMES_PER_SECOND,
  });
  const redraw = () => instance.rerender(element());
  const ticking = setInterval(redraw, TICK_MS);
  ticking.unref();
  let closed: Promise<unknown> | undefined;
  return {
    show(event) {
      state = reduce(state, visibleIn(event));
      redraw();
    },
    say(text) {
      state = { ...state, finished: [...state.finished, { kind: 'note', level: 'info', text: visibleLines(text) }] };
      redraw();
    },
    async close() {
      if (closed === undefined) {
        clearInterval(ticking);
        // A run that ended without a word must not leave its last frame standing either.
        state = { ...state, ended: true };
        redraw();
        instance.unmount();
        closed = instance.waitUntilExit();
      }
      await closed;
    },
  };
}
