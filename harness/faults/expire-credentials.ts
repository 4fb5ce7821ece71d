import type { Fault } from '#model/fault.ts';
import type { StoreTrouble } from '#model/store-way.ts';
import { allToTheEnd } from '#std/all-to-the-end.ts';
import { besides, failedOf } from './consumers.ts';
import { injection, orUndo } from './injection.ts';
import { soundWriters, storeWayOf } from './objects.ts';

interface ExpireCredentialsOptions {
  /** Variants that have failed are started again once there are new credentials. By default they stay failed. */
  readonly attended?: boolean | undefined;
}

const FAILED_LIMIT_MS = 60_000;

/** As S3 answers. */
const EXPIRED: StoreTrouble = {
  kind: 'refuse',
  status: 403,
  code: 'ExpiredToken',
  message: 'The provided token has expired.',
};

/** The temporary credentials of the variants that write objects expire: the store refuses every upload. */
export function expireCredentials({ attended = false }: ExpireCredentialsOptions): Fault {
  return {
    kind: 'expire-credentials',
    needs: ['objects'],
    // A writer may be a task of theirs, as that of Apache Iceberg's sink is.
    disturbs: ['connect-sink'],
    async inject(context) {
      const { until, hold, holdMs, say } = context;
      const way = storeWayOf(context);
      const { writers, before } = await soundWriters(context);
      let failed: ReadonlySet<string> = new Set();
      way.trouble(EXPIRED);
      const renew = async (): Promise<void> => way.clear();
      return orUndo(renew, async () => {
        await until(
          'every variant to be refused',
          async () => {
            failed = await failedOf(writers);
            return failed.size === writers.length;
          },
          { limitMs: FAILED_LIMIT_MS, saw: () => `${failed.size} of ${writers.length} have failed` },
        );
        const names = [...failed].join(', ');
        say(`the store refuses uploads: ${names} failed`);
        await hold('the credentials have expired', holdMs);
        return injection({
          async heal() {
            await renew();
            if (attended) await allToTheEnd(writers.map(async (writer) => writer.restartFailed?.()));
          },
          evidence: () => {
            const { refused } = way.traffic;
            const again = attended ? '; they were started again with new credentials' : '';
            return {
              bit: refused > 0 && failed.size > 0,
              summary: `the store refused ${refused} uploads with ExpiredToken, and ${names} failed${again}${besides(before)}`,
              figures: { uploads_refused: refused, writers_failed: failed.size },
            };
          },
        });
      });
    },
  };
}
