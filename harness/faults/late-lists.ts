import type { Fault } from '#model/fault.ts';
import { injection, orUndo } from './injection.ts';
import { storeWayOf } from './objects.ts';

const LIST_LIMIT_MS = 60_000;

/** Lists of objects leave out the newest for a while, as those of stores do that are consistent in the end only. */
export function lateLists(): Fault {
  return {
    kind: 'late-lists',
    needs: ['objects'],
    looksMeanwhile: true,
    async inject(context) {
      const { until, hold, holdMs, say } = context;
      const way = storeWayOf(context);
      way.trouble({ kind: 'late-lists' });
      const heal = async (): Promise<void> => way.clear();
      return orUndo(heal, async () => {
        await hold('lists leave out the newest objects', holdMs);
        await until('a list that leaves out an object', () => way.traffic.hidden > 0, { limitMs: LIST_LIMIT_MS });
        say(`lists leave out up to ${way.traffic.hidden} objects`);
        return injection({
          heal,
          evidence: () => {
            const { shortened, hidden } = way.traffic;
            return {
              bit: hidden > 0,
              summary: `${shortened} lists left out up to ${hidden} objects that were there`,
              figures: { lists_shortened: shortened, objects_hidden_max: hidden },
            };
          },
        });
      });
    },
  };
}
