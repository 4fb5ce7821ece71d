import { answered, type SetUpEntry } from './entry.ts';

/** Clocks that are kept by NTP are apart by far less. */
const APART_MS_MIN = 10_000;

const apart: SetUpEntry = {
  code: 'source-clock-apart',
  title: "The clock of the source's server and this machine's are apart.",
  docs: 'https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-monitoring',
  find: answered(
    ({ source }) => source,
    ({ capture }, { where }, { pipeline }) => {
      if (capture?.clock === undefined || !pipeline.cdc) return undefined;
      const { serverMs, beforeMs, afterMs } = capture.clock;
      const apartMs = Math.max(beforeMs - serverMs, serverMs - afterMs);
      if (apartMs < APART_MS_MIN) return undefined;
      const way = serverMs < beforeMs ? 'behind' : 'ahead of';
      return {
        says: `The clock of the source's server is ${(apartMs / 1000).toFixed(0)} s ${way} this machine's: every lag that is reckoned from commit times is wrong by that.`,
        evidence: [
          `SELECT clock_timestamp() at ${where}: ${new Date(serverMs).toISOString()}; here it was ${new Date(beforeMs).toISOString()} before, and ${new Date(afterMs).toISOString()} after`,
        ],
        fix: {
          by: 'hand',
          at: 'the server of the source, or this machine',
          run: ['set its clock, and keep it by NTP'],
        },
        notes: ['no change is lost by it: positions are of the log, and not of any clock'],
        certainty: 'shown',
      };
    },
  ),
};

/** What makes figures wrong, and stops nothing. */
export const CLOCKS: readonly SetUpEntry[] = [apart];
