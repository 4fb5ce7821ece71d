import { STATUS_CODES } from 'node:http';
import type { Fault } from '#model/fault.ts';
import type { Between } from '#model/network.ts';
import { flushOffsets } from './captured.ts';
import { injection, orUndo } from './injection.ts';
import { trouble } from './network.ts';
import { failedWords, startAgain, untilFailed } from './registry.ts';

interface Refusal {
  /** The HTTP status of each answer. */
  readonly status: number;
  /** What the registry says. */
  readonly message: string;
}

export interface RefuseRegistryOptions extends Refusal {
  /** The connector's task is started again once the registry answers as it should. By default it stays failed. */
  readonly attended?: boolean | undefined;
}

const BETWEEN: Between = ['connect', 'registry'];

/** An answer in the form of a registry's, to whatever is asked. */
export function answerOf({ status, message }: Refusal): string {
  const body = JSON.stringify({ error_code: status, message });
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

/** The registry answers the source connector with an error, while that starts again and asks for its schemas. */
export function refuseRegistry({ attended = false, ...answer }: RefuseRegistryOptions): Fault {
  return {
    kind: 'refuse-registry',
    needs: ['registry', 'network'],
    between: BETWEEN,
    disturbs: ['connect'],
    async inject(context) {
      const { pipeline, holdMs, signal, hold, say } = context;
      await flushOffsets(context);
      const troubled = await trouble(context, BETWEEN, { kind: 'answer', answer: answerOf(answer) }, false);
      return orUndo(troubled.heal, async () => {
        await startAgain(context, 'source');
        const failed = await untilFailed(context, 'source');
        say(`the registry answers ${answer.status}: ${failedWords(failed)}`);
        await hold(`the registry answers ${answer.status}`, holdMs);
        return injection({
          async heal() {
            await troubled.heal();
            if (attended) await pipeline.capture.restartFailed(signal);
          },
          async evidence() {
            const { answered } = await troubled.traffic();
            return {
              bit: answered > 0 && failed.length > 0,
              summary: `the schema registry answered ${answer.status} to ${answered} requests: ${failedWords(failed)}`,
              figures: { status: answer.status, requests_refused: answered, connectors_failed: failed.length },
            };
          },
        });
      });
    },
  };
}
