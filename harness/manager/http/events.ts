import type { ServerResponse } from 'node:http';
import { openEventStream } from '#http/event-stream.ts';
import { OperatorError } from '#std/errors.ts';
import type { Desk } from '../desk.ts';
import type { Store } from '../state/store.ts';
import { toldPipeline } from '../told.ts';

/** A manager elsewhere may work on the pipeline: what is told is read from the state, so often. */
const LOOK_EVERY_MS = 500;

/**
 * Sends a pipeline as it is and whenever it has changed (`pipeline`), and the lines of a start or stop of this server (`line`),
 * until the reader goes, the server closes, or the pipeline is deleted (`deleted`).
 */
export function streamPipeline(
  { store, desk }: { readonly store: Store; readonly desk: Desk },
  name: string,
  response: ServerResponse,
  headOnly: boolean,
): void {
  const reader = openEventStream(response, headOnly);
  if (reader === undefined) return;
  let last = '';
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    try {
      const data = JSON.stringify(toldPipeline(await store.find(name)));
      if (data !== last) reader.send({ event: 'pipeline', data });
      last = data;
    } catch (error) {
      // The state's own server may be back at the next look.
      if (!(error instanceof OperatorError) || error.code !== 'unknown-pipeline') return;
      reader.send({ event: 'deleted', data: JSON.stringify({ name }) });
      response.end();
    } finally {
      looking = false;
    }
  };
  const stop = desk.hear(name, (line) => reader.send({ event: 'line', data: JSON.stringify({ line }) }));
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  void look();
  reader.onClose(() => {
    clearInterval(timer);
    stop();
  });
}
