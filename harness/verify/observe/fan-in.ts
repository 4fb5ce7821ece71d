import type { KeyedRow, ReadView } from '#engines/port/compare.ts';
import type { TableId } from '#model/catalog.ts';
import type { Key } from '#model/values.ts';
import { type Group, groupedStream } from './key-order.ts';
import type { Differing } from './key-states.ts';
import type { LogHistory } from './log-history.ts';
import type { Plans } from './plan.ts';

/** One of several source tables whose rows are in one table of a sink. */
export interface Member {
  readonly table: TableId;
  readonly plans: Plans;
}

/** Rows of one key of one member that differ; `collides` is the member that has the key, too, and in its place. */
export interface MemberDiffering extends Differing {
  readonly collides?: TableId;
}

export interface Shared {
  /** Of each member, in their order, the rows of the sink that count as its own. */
  readonly sinkRows: readonly number[];
  readonly sourceRows: readonly number[];
}

/** Whether the members' rows can be told from each other by their values alone: all are read alike. */
export function readAlike(members: readonly Member[]): boolean {
  return new Set(members.map(({ plans }) => plans.signature)).size === 1;
}

/**
 * Walks one table of a sink and all source tables that fill it, key by key, and shares the sink's rows out. Hands over what
 * differs of each member. `wroteLast` ranks members by who has written a key last, as the log has it.
 */
export async function compareFanIn(
  { source, sink }: { readonly source: ReadView; readonly sink: ReadView },
  members: readonly Member[],
  wroteLast: (key: Key) => readonly number[],
  take: (member: number, differing: readonly MemberDiffering[]) => Promise<void>,
): Promise<Shared> {
  const sources = members.map(({ plans }) => groupedStream(source.stream(plans.source)));
  const [first] = members;
  if (first === undefined) return { sinkRows: [], sourceRows: [] };
  const theirs = groupedStream(sink.stream(first.plans.sink));
  const sinkRows = members.map(() => 0);
  for (;;) {
    const batch = await theirs.next();
    const last = batch?.at(-1)?.key;
    const ours: Map<Key, readonly KeyedRow[]>[] = [];
    for (const one of sources) ours.push(byKey(await one.upTo(last)));
    const sunk = byKey(batch ?? []);
    const found = members.map((): MemberDiffering[] => []);
    for (const key of new Set([...sunk.keys(), ...ours.flatMap((rows) => [...rows.keys()])])) {
      const rows = ours.map((one) => one.get(key) ?? []);
      const shares = shareOut(rows, sunk.get(key) ?? [], wroteLast(key));
      for (const [index, share] of shares.entries()) {
        sinkRows[index] = (sinkRows[index] ?? 0) + share.length;
        const own = rows[index] ?? [];
        if (isSame(own, share)) continue;
        const other = share.length < own.length ? winnerOf(index, rows, wroteLast(key)) : undefined;
        const collides = other === undefined ? undefined : members[other]?.table;
        found[index]?.push({ key, source: own, sink: share, ...(collides === undefined ? {} : { collides }) });
      }
    }
    for (const [index, differing] of found.entries()) if (differing.length > 0) await take(index, differing);
    if (batch === undefined) return { sinkRows, sourceRows: sources.map(({ rows }) => rows) };
  }
}

function byKey(groups: readonly Group[]): Map<Key, readonly KeyedRow[]> {
  return new Map(groups.map(({ key, rows }) => [key, rows]));
}

function isSame(ours: readonly KeyedRow[], share: readonly KeyedRow[]): boolean {
  return ours.length === share.length && ours.every(({ row }, index) => row === share[index]?.row);
}

/**
 * The sink's rows of a key, to each member its own: first those that are as the member has them; of what is left one to each
 * that lacks one, beginning with who wrote last; and what nobody lacks to who wrote last.
 */
export function shareOut(
  ours: readonly (readonly KeyedRow[])[],
  theirs: readonly KeyedRow[],
  lastFirst: readonly number[],
): KeyedRow[][] {
  const rest = [...theirs];
  const shares = ours.map((rows) =>
    rows.flatMap(({ row }) => {
      const place = rest.findIndex((one) => one.row === row);
      return place === -1 ? [] : rest.splice(place, 1);
    }),
  );
  const order = [...lastFirst, ...ours.keys().filter((index) => !lastFirst.includes(index))];
  for (const index of order) {
    const lacking = (ours[index]?.length ?? 0) - (shares[index]?.length ?? 0);
    if (lacking > 0) shares[index]?.push(...rest.splice(0, lacking));
  }
  const [owner] = order;
  if (owner !== undefined) shares[owner]?.push(...rest);
  return shares;
}

/** Who else has the key: the member that wrote it last, or one that has a row of it. */
function winnerOf(
  index: number,
  ours: readonly (readonly KeyedRow[])[],
  lastFirst: readonly number[],
): number | undefined {
  const others = [...lastFirst, ...ours.keys().filter((one) => (ours[one]?.length ?? 0) > 0)];
  return others.find((one) => one !== index);
}

/** The members of which the log has a key, those first that wrote it last. */
export function wroteLast(log: LogHistory, members: readonly Pick<Member, 'table'>[], key: Key): number[] {
  return members
    .flatMap(({ table }, index) => {
      const last = log.history(table, key)?.last;
      return last === undefined ? [] : [{ index, at: last.offset }];
    })
    .sort((left, right) => (left.at < right.at ? 1 : left.at > right.at ? -1 : 0))
    .map(({ index }) => index);
}
