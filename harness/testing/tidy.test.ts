import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

/** What each room may import besides itself. `lab.ts` and `testing/` stand above the rooms and may import any. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  model: [],
  std: [],
  clients: ['model', 'std'],
  log: ['model', 'std'],
  engines: ['model', 'std', 'clients', 'reconcile', 'log'],
  runtimes: ['model', 'std', 'clients', 'setup'],
  appliers: ['model', 'std', 'clients', 'engines', 'log'],
  workloads: ['model', 'std'],
  faults: ['model', 'std'],
  verify: ['model', 'std', 'clients', 'engines', 'log'],
  pipelines: ['model', 'std', 'clients', 'engines', 'appliers', 'verify'],
  reconcile: ['model', 'std', 'clients', 'engines'],
  diagnosis: ['model', 'std'],
  engine: ['model', 'std', 'clients', 'engines', 'runtimes', 'pipelines', 'workloads', 'faults', 'verify', 'diagnosis'],
  subject: ['model', 'std', 'engines', 'workloads', 'faults'],
  report: ['model', 'std', 'setup'],
  lab: ['model', 'std', 'clients', 'engines', 'runtimes', 'pipelines', 'engine', 'log', 'report', 'setup'],
  tui: ['model', 'std', 'report'],
  cli: [
    'model',
    'std',
    'lab',
    'engine',
    'subject',
    'report',
    'tui',
    'reconcile',
    'runtimes',
    'setup',
    'scenarios',
    'diagnosis',
  ],
};

const LINES_MAX = 400;

interface Source {
  readonly path: string;
  readonly text: string;
}

const sources: readonly Source[] = globSync(['harness/**/*.ts', 'scenarios/**/*.ts'], { cwd: ROOT }).map((path) => ({
  path,
  text: readFileSync(join(ROOT, path), 'utf8'),
}));

const isTest = ({ path }: Source): boolean =>
  /\.(test|fixture)\.|\/fixtures\//.test(path) || path.startsWith('harness/testing/');

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
    expect(sources.length).toBeGreaterThan(80);
  });

  test('dependencies point down', () => {
    const wrong: string[] = [];
    for (const source of sources.filter((one) => !isTest(one) && one.path.split('/').length > 2)) {
      const room = roomOf(source.path);
      if (room === 'scenarios' || source.path.startsWith('scenarios/')) continue;
      const doors = DOORS[room];
      if (doors === undefined) wrong.push(`${source.path}: the room ${room} has no entry in this test`);
      else
        for (const target of imports(source)) {
          const other = roomOf(target);
          if (other !== room && !doors.includes(other)) wrong.push(`${source.path} imports ${target}`);
        }
    }
    expect(wrong).toEqual([]);
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
