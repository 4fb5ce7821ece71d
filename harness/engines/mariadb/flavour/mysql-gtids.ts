import type { Session } from '../client.ts';
import { hexLiteral, quoteLiteral } from '../quote.ts';

type Run = Session['run'];

/** Events that are asked for at once. */
const PAGE = 20_000;

/** What an event of its type says of the files before its own, and a transaction of itself. */
const PREVIOUS = 'Previous_gtids';
const NEXT = /GTID_NEXT= '(.+):(\d+)'/;

/**
 * The GTIDs of all transactions that lie before a place in the log, as one set; undefined where the server gives none. A server
 * says which lie before a file, and nothing of a place within one: the file is read up to it. A gigabyte of the smallest
 * transactions takes half a minute.
 */
export async function gtidsBefore(
  run: Run,
  { file, pos }: { readonly file: string; readonly pos: number },
): Promise<string | undefined> {
  const mode = await run('SELECT @@GLOBAL.gtid_mode');
  if (mode.rows[0]?.[0] !== 'ON') return undefined;
  const own = gtidRuns();
  let previous = '';
  for (let from = 4; ; ) {
    const { rows } = await run(`SHOW BINLOG EVENTS IN ${quoteLiteral(file)} FROM ${from} LIMIT ${PAGE}`);
    const before = rows.filter(([, at]) => Number(at) < pos);
    for (const [, , type, , , info] of before) {
      if (type === PREVIOUS) previous = info ?? '';
      const [, source, number] = NEXT.exec(info ?? '') ?? [];
      if (source !== undefined && number !== undefined) own.add(source, BigInt(number));
    }
    if (before.length < PAGE) break;
    // The last one comes again: the events of a transaction that is compressed all have its end as their place.
    from = Number(before.at(-1)?.[1]);
  }
  const whole = [previous, ...own.texts()].filter((text) => text !== '').join(',');
  const { rows } = await run(`SELECT GTID_SUBTRACT(${hexLiteral(whole)}, '')`);
  return rows[0]?.[0]?.replaceAll(/\s/g, '');
}

/** Numbers of one source nearly always follow each other: a set of them is a few runs. */
function gtidRuns() {
  const runs: { readonly source: string; readonly first: bigint; last: bigint }[] = [];
  const latest = new Map<string, (typeof runs)[number]>();
  return {
    add(source: string, number: bigint): void {
      const run = latest.get(source);
      if (run !== undefined && number >= run.first && number <= run.last + 1n) {
        if (number > run.last) run.last = number;
        return;
      }
      const next = { source, first: number, last: number };
      latest.set(source, next);
      runs.push(next);
    },
    texts: () => runs.map(({ source, first, last }) => `${source}:${first}-${last}`),
  };
}
