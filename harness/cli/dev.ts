import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { $ } from 'zx';
import { ROOT } from '#setup/layout.mjs';
import { step } from '#setup/progress.mjs';
import { OperatorError } from '#std/errors.ts';
import { nearest } from '#std/nearest.ts';
import { helpOf, type OptionTable, parseArguments, type Usage } from './arguments.ts';
import { build } from './build.ts';
import { COMMON } from './options.ts';

const BIN = join(ROOT, 'node_modules', '.bin');

/** As every POSIX shell understands it; zx's own form, `$'…'`, is bash's. */
const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** The programs are simple commands: no shell's own features, so the plainest shell there is. */
const shell = $({ shell: 'sh', prefix: '', quote, cwd: ROOT, stdio: 'inherit', nothrow: true });

/** Runs a program on the terminal, with this Node.js first in PATH; resolves with its exit status. */
async function run(file: string, args: readonly string[]): Promise<number> {
  const env = { ...process.env, PATH: `${BIN}:${process.env.PATH ?? ''}` };
  const child = shell({ env })`exec ${file} ${args}`;
  const forward = (signal: NodeJS.Signals) => void child.kill(signal);
  process.on('SIGTERM', forward);
  // A terminal's Ctrl-C reaches the child by itself; waiting for it is what is left to do.
  process.on('SIGINT', () => {});
  const { exitCode, signal } = await child;
  process.off('SIGTERM', forward);
  return signal === 'SIGINT' ? 130 : (exitCode ?? 1);
}

function node(script: string, args: readonly string[]): Promise<number> {
  return run(process.execPath, ['--disable-warning=TimeoutNegativeWarning', script, ...args]);
}

function test(args: readonly string[]): Promise<number> {
  const reporters = [
    '--reporter=default',
    `--reporter=${join(ROOT, 'harness', 'testing', 'closing-line-reporter.ts')}`,
  ];
  return node(join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'), ['run', ...reporters, ...args]);
}

const engineOptions = {
  engine: {
    kind: 'value',
    placeholder: 'NAME',
    help: 'the engine: a folder of harness/engines',
    otherwise: 'all of them',
    parse: (text: string) => text,
  },
  url: {
    kind: 'value',
    placeholder: 'URL',
    help: 'a server that runs already, as a user who may create databases',
    otherwise: 'servers of the lab',
    parse: (text: string) => text,
  },
  ...COMMON,
} as const satisfies OptionTable;

const engineUsage: Usage<typeof engineOptions> = {
  command: 'dev test-engine',
  summary: 'Tests that a database engine does what the lab needs of one; databases that it makes are dropped again.',
  operands: [],
  options: engineOptions,
  examples: [
    'npm run test:engine',
    'npm run test:engine -- --engine mariadb --url mariadb://root:secret@localhost:3306/',
  ],
};

/** The conformance suite, against servers of the lab or one of somebody's. */
async function testEngine(args: readonly string[]): Promise<number> {
  const { options } = parseArguments(engineUsage, args);
  const { engine, url } = options;
  if (options.help) {
    process.stdout.write(helpOf(engineUsage));
    return 0;
  }
  if ((engine === undefined) !== (url === undefined) || (url !== undefined && !URL.canParse(url)))
    throw new OperatorError({
      code: 'wrong-usage',
      message: 'a server is named by its engine and its URL',
      expected: 'both --engine NAME and --url URL, or neither',
      found: args.join(' '),
    });
  if (engine !== undefined && url !== undefined) {
    const { requireUsableServer, serverOfUrl } = await import('#runtimes/own-server.ts');
    await requireUsableServer(serverOfUrl(engine, url));
  }
  if (engine !== undefined) Object.assign(process.env, { DRIFTLAB_TEST_ENGINE: engine, DRIFTLAB_TEST_URL: url });
  return test(['--project', 'stack', 'harness/testing/engine-conformance.stack.test.ts']);
}

/** Types, lint and format, unused code: all of them, so that one run shows everything. */
async function check(): Promise<number> {
  const checks: readonly [string, string, readonly string[]][] = [
    ['types', 'tsc', ['-p', '.']],
    ['lint and format', 'biome', ['check', '--error-on-warnings', '.']],
    ['unused code', 'knip', []],
  ];
  const failed: string[] = [];
  for (const [name, file, args] of checks) {
    process.stdout.write(`check: ${name}\n`);
    if ((await run(join(BIN, file), args)) !== 0) failed.push(name);
  }
  process.stdout.write(failed.length === 0 ? 'check: all fine\n' : `check: failed: ${failed.join(', ')}\n`);
  return failed.length === 0 ? 0 : 1;
}

function bench([name, ...args]: readonly string[]): Promise<number> {
  const names = readdirSync(join(ROOT, 'bench'))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => file.replace(/\.ts$/, ''));
  if (name === undefined || !names.includes(name)) throw unknown('benchmark', name, names);
  return node(join(ROOT, 'bench', `${name}.ts`), args);
}

function unknown(what: string, word: string | undefined, names: readonly string[]): OperatorError {
  const near = word === undefined ? [] : nearest(word, names);
  return new OperatorError({
    code: `unknown-${what}`,
    message: word === undefined ? `which ${what}?` : `there is no ${what} ${JSON.stringify(word)}`,
    expected: `one of ${names.join(', ')}`,
    found: word ?? 'nothing',
    ...(near.length === 0 ? {} : { hint: `did you mean ${near.join(' or ')}?` }),
  });
}

/** Pins what Maven resolves for docker/pom.xml as it is now. */
async function checksums(): Promise<number> {
  const { findJava } = await import('#setup/java.mjs');
  const { recordChecksums } = await import('#setup/jvm.mjs');
  await step('checksums of docker/pom.xml', (progress) => recordChecksums({ java: findJava().command, progress }));
  process.stdout.write(
    'wrote docker/checksums.sha256 and docker/installed.sha256: read the difference before you commit\n',
  );
  return 0;
}

/** Writes docs/causes.md anew from the table of causes. */
async function causes(): Promise<number> {
  const [{ CAUSES }, { causesPage }] = await Promise.all([
    import('#diagnosis/causes/index.ts'),
    import('#diagnosis/page.ts'),
  ]);
  writeFileSync(join(ROOT, 'docs', 'causes.md'), causesPage(CAUSES));
  process.stdout.write('wrote docs/causes.md\n');
  return 0;
}

const TASKS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  test,
  'test-engine': testEngine,
  check,
  bench,
  checksums,
  causes,
  build: () => build((args) => run(join(BIN, 'tsc'), args)),
};

/** `driftlab dev test|test-engine|check|bench|checksums|causes|build …`: what a contributor runs. */
export async function dev([task, ...args]: readonly string[]): Promise<number> {
  const run = task !== undefined && Object.hasOwn(TASKS, task) ? TASKS[task] : undefined;
  if (run === undefined) throw unknown('task', task, Object.keys(TASKS));
  return run(args);
}
