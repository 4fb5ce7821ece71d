import type { ServerResponse } from 'node:http';

/** A reader of server-sent events. */
export interface EventReader {
  send(event: { readonly event: string; readonly data: string; readonly id?: string }): void;
  /** Called once, when the reader has gone or the server closes. */
  onClose(work: () => void): void;
}

const HEARTBEAT_MS = 15_000;
/** A reader that takes nothing must not fill the memory: it is cut off, and may come again where it was. */
const BACKLOG_BYTES_MAX = 8 * 1024 * 1024;

/** Begins `text/event-stream`; undefined where only its head was asked for. Data must be one line. */
export function openEventStream(response: ServerResponse, headOnly: boolean): EventReader | undefined {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
  });
  if (headOnly) {
    response.end();
    return undefined;
  }
  const write = (text: string): void => {
    if (response.writableLength > BACKLOG_BYTES_MAX) response.destroy();
    else response.write(text);
  };
  // How long a reader waits before it comes again, in ms: a server that starts anew is back within seconds.
  write('retry: 1000\n\n');
  const heartbeat = setInterval(() => write(': still here\n\n'), HEARTBEAT_MS);
  response.once('close', () => clearInterval(heartbeat));
  return {
    send: ({ id, event, data }) => write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`),
    onClose: (work) => void response.once('close', work),
  };
}
