import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jvmFolder, ROOT } from '#setup/layout.mjs';
import { ciExamples } from './ci-docs.ts';

const run = promisify(execFile);

const folder = mkdtempSync(join(tmpdir(), 'driftlab-pack-'));
const home = join(folder, 'home');
const project = join(folder, 'project');
const modules = join(project, 'node_modules');

/** Of somebody who has nothing yet. Only what npm downloads, and where it downloads it from, is this machine's. */
const env: NodeJS.ProcessEnv = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm|driftlab|xdg)_|^init_cwd$/i.test(name))),
  PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
  HOME: home,
  npm_config_cache: process.env.npm_config_cache ?? join(homedir(), '.npm'),
  npm_config_userconfig: process.env.npm_config_userconfig ?? join(homedir(), '.npmrc'),
};

const inProject = (file: string, ...args: readonly string[]) => run(file, args, { cwd: project, env });

/** Every file of the project's packages, and when it was last written to. */
function installed(): Record<string, number> {
  const files = readdirSync(modules, { recursive: true, encoding: 'utf8' });
  return Object.fromEntries(files.map((file) => [file, statSync(join(modules, file)).mtimeMs]));
}

beforeAll(async () => {
  const cache = join(home, '.cache', 'driftlab');
  for (const made of [cache, project]) mkdirSync(made, { recursive: true });
  // What Maven resolves takes minutes on a slow line, and is the same for all.
  symlinkSync(jvmFolder(), join(cache, basename(jvmFolder())));
  await run('npm', ['pack', '--pack-destination', folder], { cwd: ROOT, env });
});

beforeAll(async () => {
  const [archive = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  await inProject('npm', 'install', '--save-dev', join('..', archive), ...options);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the package holds what runs, and no sources, tests or fixtures', () => {
  const files = readdirSync(join(modules, 'driftlab'), { recursive: true, encoding: 'utf8' });
  expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'CHANGELOG.md', 'mvnw', 'docker/pom.xml']));
  expect(files.filter((file) => /\.test\.|fixture|testing|(?<!\.d)\.ts$/.test(file))).toEqual([]);
});

test('a scenario of the user’s own compiles against its types, and loads', async () => {
  writeFileSync(
    join(project, 'own.ts'),
    `import { converges, defineScenario, failureMode, killConnect, shop, builtin, type Scenario } from 'driftlab';
     export const own: Scenario = defineScenario({
       id: 'own', aliases: [], title: 'Own', story: 'A scenario of my own.', workload: shop, invariants: [],
       variants: { upsert: builtin({ title: 'upsert', mode: 'upsert', commit: 'after' }) },
       modes: [failureMode({ id: 'restart', title: 'Restart', story: 'It dies.', steps: [
         { id: 'restart', title: 'Connect is killed', fault: killConnect({ records: 10 }), expect: { upsert: converges() } },
       ] })],
     });
     console.log(own.modes.length);`,
  );
  const tsc = join(ROOT, 'node_modules', '.bin', 'tsc');
  await inProject(tsc, '--noEmit', '--strict', '--module', 'nodenext', '--types', '', '--lib', 'esnext,dom', 'own.ts');
  expect((await inProject(process.execPath, 'own.ts')).stdout).toBe('1\n');
});

test('what docs/ci.md runs passes in a project of the user’s own, and writes nowhere else in it', async () => {
  writeFileSync(
    join(project, 'schema.sql'),
    `CREATE TABLE accounts (id int PRIMARY KEY, email text NOT NULL, balance numeric(12,2) NOT NULL);
     INSERT INTO accounts SELECT n, 'a' || n || '@example.test', n FROM generate_series(1, 20) n;`,
  );
  const before = installed();
  await inProject('npx', 'driftlab', 'init', 'my-pipeline.yaml', '--schema', 'schema.sql');
  writeFileSync(join(project, 'my-pipeline.yaml'), '\nfaults: [none]\n', { flag: 'a' });
  const commands = ciExamples().runs.github?.filter((command) => command.startsWith('npx driftlab')) ?? [];
  expect(commands.length).toBeGreaterThan(1);
  for (const command of commands) await inProject('sh', '-c', command);
  for (const file of ['report.md', 'report.html', 'report.json', 'junit.xml'])
    expect(existsSync(join(project, 'reports', 'latest', file)), file).toBe(true);
  expect(JSON.parse(readFileSync(join(project, 'reports', 'latest', 'report.json'), 'utf8')).verdict).toBe('PASS');
  expect((await inProject('npx', 'driftlab', 'recheck', 'reports/latest')).stdout).toMatch(/^PASS\b/m);
  // Nobody listens there: it has come as far as a server.
  const [source, target] = ['source', 'target'].map((name) => `postgres://nobody@127.0.0.1:1/${name}`) as [
    string,
    string,
  ];
  await expect(
    inProject('npx', 'driftlab', 'reconcile', '--source', source, '--target', target, '--tables', 'accounts'),
  ).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('127.0.0.1:1') });
  expect(readFileSync(join(project, '.lab', '.gitignore'), 'utf8')).toBe('*\n');
  expect(installed()).toEqual(before);
});
