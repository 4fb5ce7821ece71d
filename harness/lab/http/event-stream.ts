import type { ServerResponse } from 'node:http';
import { encodeEvent } from '#report/history.ts';
import type { EventHub, Numbered } from '../events.ts';

const HEARTBEAT_MS = 15_000;
/** A reader that takes nothing must not fill the lab's memory: it is cut off, and may come again where it was. */
const BACKLOG_BYTES_MAX = 8 * 1024 * 1024;

function eventText({ id, event }: Numbered): string {
  return `id: ${id}\nevent: ${event.type}\ndata: ${encodeEvent(event)}\n\n`;
}

/** Sends what came after `lastEventId`, and then what comes, until the reader goes or the server closes. */
export function streamEvents(
  hub: EventHub,
  response: ServerResponse,
  lastEventId: string | undefined,
  headOnly: boolean,
): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
  });
  if (headOnly) {
    response.end();
    return;
  }
  const send = (text: string): void => {
    if (response.writableLength > BACKLOG_BYTES_MAX) response.destroy();
    else response.write(text);
  };
  // How long a reader waits before it comes again, in ms: a daemon that starts anew is back within seconds.
  send('retry: 1000\n\n');
  for (const numbered of hub.since(lastEventId)) send(eventText(numbered));
  const stop = hub.listen((numbered) => send(eventText(numbered)));
  const heartbeat = setInterval(() => send(': still here\n\n'), HEARTBEAT_MS);
  response.once('close', () => {
    clearInterval(heartbeat);
    stop();
  });
}
