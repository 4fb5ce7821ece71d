import type { ServerResponse } from 'node:http';
import { openEventStream } from '#http/event-stream.ts';
import { encodeEvent } from '#report/history.ts';
import type { EventHub, Numbered } from '../events.ts';

/** Sends what came after `lastEventId`, and then what comes, until the reader goes or the server closes. */
export function streamEvents(
  hub: EventHub,
  response: ServerResponse,
  lastEventId: string | undefined,
  headOnly: boolean,
): void {
  const reader = openEventStream(response, headOnly);
  if (reader === undefined) return;
  const send = ({ id, event }: Numbered): void =>
    reader.send({ id: String(id), event: event.type, data: encodeEvent(event) });
  for (const numbered of hub.since(lastEventId)) send(numbered);
  reader.onClose(hub.listen(send));
}
