import type { Fault } from '#model/fault.ts';
import { allToTheEnd } from '#std/all-to-the-end.ts';
import { besides } from './consumers.ts';
import { injection, orUndo } from './injection.ts';
import { soundWriters, storeWayOf } from './objects.ts';

interface KillUploadOptions {
  /** When they are killed: `body` in the middle of an upload, `answer` when its object is there and they have not been told. */
  readonly at: 'body' | 'answer';
}

const UPLOAD_LIMIT_MS = 60_000;

const WHEN: Readonly<Record<KillUploadOptions['at'], string>> = {
  body: 'in the middle of an upload',
  answer: 'after an upload and before its answer',
};

/** Every variant that writes objects is killed while it uploads one, and started again when the fault heals. */
export function killUpload({ at }: KillUploadOptions): Fault {
  return {
    kind: 'kill-upload',
    needs: ['objects'],
    // A writer may be a task of theirs, as that of Apache Iceberg's sink is.
    disturbs: ['connect-sink'],
    async inject(context) {
      const { until, hold, holdMs, say } = context;
      const way = storeWayOf(context);
      const { writers, before } = await soundWriters(context);
      const uploading = () =>
        writers.filter(({ objects }) => way.traffic.held.some((name) => name.startsWith(objects?.place ?? name)));
      const revive = async (): Promise<void> => {
        way.clear();
        await allToTheEnd(writers.map((writer) => writer.resume()));
      };
      way.trouble({ kind: 'hold', at });
      return orUndo(revive, async () => {
        await until('every variant to upload an object', () => uploading().length === writers.length, {
          limitMs: UPLOAD_LIMIT_MS,
          saw: () => `${uploading().length} of ${writers.length} are uploading`,
        });
        const killed = uploading().map(({ name }) => name);
        await allToTheEnd(writers.map(async (writer) => writer.crash?.()));
        way.clear();
        say(`killed ${WHEN[at]}: ${killed.join(', ')}`);
        await hold('no variant writes objects', holdMs);
        return injection({
          heal: revive,
          evidence: () => ({
            bit: killed.length > 0,
            summary: `killed ${WHEN[at]}: ${killed.join(', ') || 'none'}${besides(before)}`,
            figures: { writers_killed: killed.length },
          }),
        });
      });
    },
  };
}
