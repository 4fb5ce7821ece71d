import { placeText } from '#operations/dead-letters/letter.ts';
import type { LeftOut, ReplayPlan, Sending } from '#operations/dead-letters/plan-replay.ts';
import { plural } from '#report/words.ts';
import { visible } from '#std/visible.ts';

const WHY: Readonly<Record<LeftOut, string>> = {
  replayed: 'replayed before: the topic has them once more already',
  repeated: 'several times in the queue: the last one of each counts',
  superseded: 'superseded: their original topic has a later record of the key (--stale sends them all the same)',
  'not-known':
    'not known whether superseded: what came behind them is gone from their original topic, or is not found there (--stale sends them all the same)',
};

/** What a replay sends and leaves out, and what that risks. */
export function planLines(plan: ReplayPlan): string[] {
  const { sendings, leftOut } = plan;
  return [
    sendings.length === 0 ? 'there is nothing to replay' : `${plural(sendings.length, 'record')} to replay:`,
    ...targets(sendings).map(([target, all]) => `  to ${target}: ${listed(all)}`),
    ...[...Map.groupBy(leftOut, (one) => one.leftOut)].flatMap(([why, all]) =>
      why === undefined ? [] : [`${plural(all.length, 'record')} left out, ${WHY[why]}:`, `  ${listed(all)}`],
    ),
    ...risks(plan),
  ];
}

function targets(sendings: readonly Sending[]): readonly (readonly [string, readonly Sending[]])[] {
  return [
    ...Map.groupBy(sendings, ({ topic, partition }) =>
      partition === undefined ? `${topic}, by key` : `${topic}/${partition}`,
    ),
  ];
}

const LISTED_MAX = 20;

/** `offset 3 (id=7), offset 4 (id=8, later: 15)`: their places in the queue. */
function listed(all: readonly Sending[]): string {
  const some = all.slice(0, LISTED_MAX).map(({ letter, key, later }) => {
    const known = [...(key === undefined ? [] : [visible(key)]), ...(later === undefined ? [] : [`later: ${later}`])];
    return `${placeText(letter)}${known.length === 0 ? '' : ` (${known.join(', ')})`}`;
  });
  return [...some, ...(all.length > LISTED_MAX ? [`and ${all.length - LISTED_MAX} more`] : [])].join(', ');
}

function risks({ sendings, readers }: ReplayPlan): string[] {
  const stale = sendings.filter(({ leftOut }) => leftOut !== undefined).length;
  const keyless = sendings.filter(({ letter }) => letter.key === null).length;
  const empty = sendings.filter(({ headers }) => Object.values(headers).includes(null as never)).length;
  return [
    ...[...readers].map(([topic, groups]) => {
      const named = groups.map(({ group, members }) => `${group} (${plural(members, 'member')})`);
      return `every consumer of ${topic} gets them, not only the one that failed: ${named.join(', ') || 'no group reads it now'}`;
    }),
    ...(stale === 0 ? [] : [`${stale} of them may be older than what the sink has, and overwrite it (--stale)`]),
    ...(keyless === 0
      ? []
      : [`${keyless} of them have no key: whether a later record takes their place cannot be known`]),
    ...(empty === 0 ? [] : [`${empty} of them have a header without a value, which is sent as an empty one`]),
  ];
}

/** As a program reads it. */
export function planJson({ sendings, leftOut, readers }: ReplayPlan, applied: boolean): object {
  const told = ({ letter, key, topic, partition, repeats, leftOut: why, later }: Sending): object => ({
    ...{ from: placeText(letter), key: key ?? null, topic, partition: partition ?? null, repeats },
    ...{ left_out: why ?? null, later: later === undefined ? null : String(later) },
  });
  return { applied, records: sendings.map(told), left_out: leftOut.map(told), readers: Object.fromEntries(readers) };
}
