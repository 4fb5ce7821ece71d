import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOMS, withRooms } from './rooms.ts';

const ROOT = resolve(import.meta.dirname, '../..');

const LINES_MAX = 400;

/** The packages that speak to an engine's servers. */
const CLIENTS: Readonly<Record<string, readonly string[]>> = {
  postgres: ['pg', 'pg-copy-streams'],
  mariadb: ['mysql2', '@vlasky/zongji'],
  sqlserver: ['mssql', 'tedious'],
};

/** What the comparison is measured against: PostgreSQL's own client, as anybody would use it. */
const PEERS = ['contestants', 'data', 'replica'].map((name) => `bench/reconcile/${name}.ts`);

interface Source {
  readonly path: string;
  readonly text: string;
}

const sources: readonly Source[] = globSync(['harness/**/*.{ts,tsx}', 'scenarios/**/*.ts', 'bench/**/*.ts'], {
  cwd: ROOT,
}).map((path) => ({
  path,
  text: readFileSync(join(ROOT, path), 'utf8'),
}));

const isTest = ({ path }: Source): boolean =>
  /\.(test|fixture)\.|\/fixtures\//.test(path) || path.startsWith('harness/testing/');

/** Whether a file imports a package, in any of the forms that there are. */
const loads = ({ text }: Source, name: string): boolean =>
  new RegExp(`(?:from|import|require)\\s*\\(?\\s*'${name}(?:/[^']*)?'`).test(text);

/** The project's own modules that a file imports, as paths from the root. */
function imports({ path, text }: Source): string[] {
  const found = [...text.matchAll(/(?:from|import)\s*\(?\s*'([#.][^']+)'/g)].map((match) => match[1] as string);
  return found.map((specifier) =>
    specifier.startsWith('#setup/')
      ? `harness/setup/${specifier.slice('#setup/'.length)}`
      : specifier.startsWith('#')
        ? `harness/${specifier.slice(1)}`
        : relative(ROOT, resolve(ROOT, dirname(path), specifier)),
  );
}

function roomOf(path: string): string {
  const [top, room] = path.split('/');
  return top === 'harness' ? (room as string) : (top as string);
}

describe('the house', () => {
  test('every file of it was looked at', () => {
    expect(sources.length).toBeGreaterThan(500);
    expect(sources.filter(({ path }) => path.startsWith('bench/')).length).toBeGreaterThan(20);
  });

  test('dependencies point down', () => {
    const wrong: string[] = [];
    for (const source of sources.filter((one) => !isTest(one) && one.path.split('/').length > 2)) {
      const room = roomOf(source.path);
      if (!source.path.startsWith('harness/')) continue;
      const doors = ROOMS[room]?.imports;
      if (doors === undefined) wrong.push(`${source.path}: the room ${room} has no entry in this test`);
      else
        for (const target of imports(source)) {
          const other = roomOf(target);
          if (other !== room && !doors.includes(other)) wrong.push(`${source.path} imports ${target}`);
        }
    }
    expect(wrong).toEqual([]);
  });

  test('no circle leads from a room back to it', () => {
    const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
      (ROOMS[from]?.imports ?? []).some((next) => {
        if (next === to) return true;
        if (seen.has(next)) return false;
        seen.add(next);
        return reaches(next, to, seen);
      });
    expect(Object.keys(ROOMS).filter((room) => reaches(room, room))).toEqual([]);
  });

  test('an engine is one folder, which the table of engines alone names, and the one user of its client', () => {
    const wrong = sources
      .filter((source) => !isTest(source) && source.path !== 'harness/engines/index.ts')
      .flatMap((source) => {
        const own = /^harness\/engines\/(\w+)\//.exec(source.path)?.[1];
        const folders = imports(source)
          .map((target) => /^harness\/engines\/(\w+)\//.exec(target)?.[1])
          .filter((folder) => folder !== undefined && folder !== 'port' && folder !== own);
        const clients = Object.entries(CLIENTS)
          .filter(([engine, packages]) => engine !== own && packages.some((name) => loads(source, name)))
          .filter(() => !PEERS.includes(source.path))
          .map(([engine]) => `the client of ${engine}`);
        return [...folders, ...clients].map((what) => `${source.path} imports ${what}`);
      });
    expect(wrong).toEqual([]);
  });

  test('the page of the architecture has the rooms as they are', () => {
    const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
    // Its padding is the formatter's.
    const bare = (text: string): string => text.replaceAll(/ {2,}|-{3,}/g, (run) => (run[0] === '-' ? '---' : ' '));
    expect(bare(page)).toBe(bare(withRooms(page)));
  });

  test('a scenario imports the authoring facade and its own files, nothing else', () => {
    const wrong = sources
      .filter(
        (source) => source.path.startsWith('scenarios/') && !isTest(source) && source.path !== 'scenarios/index.ts',
      )
      .flatMap((source) =>
        imports(source)
          .filter((target) => target !== 'harness/lab.ts' && dirname(target) !== dirname(source.path))
          .map((target) => `${source.path} imports ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  test('the judging half of the verifier knows the vocabulary only', () => {
    const wrong = sources
      .filter((source) => source.path.startsWith('harness/verify/judge/') && !isTest(source))
      .flatMap((source) =>
        imports(source)
          .filter((target) => !target.startsWith('harness/model/') && !target.startsWith('harness/verify/judge/'))
          .map((target) => `${source.path} imports ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  test('no file has grown past what one reads in one go', () => {
    const long = sources.filter((source) => source.text.split('\n').length > LINES_MAX).map((source) => source.path);
    expect(long).toEqual([]);
  });

  test('randomness comes from the seed', () => {
    const wild = sources
      .filter((source) => !isTest(source) && /Math\.random\(/.test(source.text))
      .map((source) => source.path);
    expect(wild).toEqual([]);
  });

  test('the sample schema is known to its workload and the scenarios alone', () => {
    const names = /\b(line_items|customers|orders)\b/;
    const knowing = sources
      .filter((source) => !isTest(source) && source.path.startsWith('harness/'))
      .filter((source) => !source.path.startsWith('harness/workloads/shop/') && names.test(source.text))
      .map((source) => source.path);
    expect(knowing).toEqual([]);
  });
});
