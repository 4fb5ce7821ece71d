import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { serverOfUrl } from '#runtimes/own-server.ts';
import { ROOT } from '#setup/layout.mjs';
import { ciExamples, githubJobs, githubSteps } from './ci-docs.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

describe('docs/ci.md', () => {
  const { github, runs } = ciExamples();

  test('both examples set the lab up and run the pipeline with the same commands', () => {
    const commands = ['npm ci', 'npx driftlab setup', 'npx driftlab test my-pipeline.yaml'];
    expect(runs.github).toEqual(expect.arrayContaining(commands));
    expect(runs.gitlab).toEqual(expect.arrayContaining(commands));
  });

  test.each(Object.entries(runs))('what the example for %s runs is a shell’s', (_, scripts) => {
    for (const script of scripts) execFileSync('bash', ['-n'], { input: script.replaceAll(/\$\{\{.*?\}\}/g, 'x') });
  });

  test('the hosted workflow uses the versions of actions that the example does', () => {
    const uses = (text: string) => githubSteps(text).flatMap((step) => step.uses ?? []);
    expect(uses(read('.github/workflows/ci.yml'))).toEqual(uses(github));
  });
});

test('the hosted workflow runs what CI runs', () => {
  const steps = githubSteps(read('.github/workflows/ci.yml'));
  expect(steps.flatMap(({ run }) => run ?? [])).toEqual(['bash .ci/run']);
});

describe('the workflow on SQL Server', () => {
  const text = read('.github/workflows/sqlserver.yml');
  const [job] = githubJobs(text);
  const server = job?.services?.mssql;
  const password = server?.env.MSSQL_SA_PASSWORD;

  test('starts the publisher’s image with an Agent, in an edition that captures, and waits until it answers', () => {
    expect(server?.image).toBe('mcr.microsoft.com/mssql/server:2022-latest');
    expect(server?.env).toMatchObject({ ACCEPT_EULA: 'Y', MSSQL_PID: 'Developer', MSSQL_AGENT_ENABLED: 'true' });
    expect(server?.options).toContain(
      `--health-cmd "/opt/mssql-tools18/bin/sqlcmd -C -S 127.0.0.1 -U sa -P ${password} `,
    );
  });

  test('runs what needs a server against it, by the URL of which the variable tells', () => {
    const own = serverOfUrl('sqlserver', job?.env?.DRIFTLAB_SQLSERVER_URL ?? '');
    expect(own).toMatchObject({ host: '127.0.0.1', port: 1433, user: 'sa', password });
    // It makes its certificate itself.
    expect(own.parameters).toEqual({ trustServerCertificate: 'true' });
    const runs = (job?.steps ?? []).flatMap(({ run }) => run ?? []);
    expect(runs[0]).toBe('npm run --silent test:engine -- --engine sqlserver --url "$DRIFTLAB_SQLSERVER_URL"');
    expect(runs.slice(1).map((run) => /^npm run --silent scenario -- (.+)$/.exec(run)?.[1])).toEqual([
      'canonical --source sqlserver --sink postgres',
      'canonical --source postgres --sink sqlserver',
      'sqlserver-source --source sqlserver --sink postgres',
    ]);
    for (const run of runs) execFileSync('bash', ['-n'], { input: run });
  });

  test('uses the versions of actions that the other one does', () => {
    const uses = (of: string) => githubSteps(of).flatMap((step) => step.uses ?? []);
    expect(uses(text)).toEqual(uses(read('.github/workflows/ci.yml')));
  });
});

test('the licence is the one that package.json declares', () => {
  expect(JSON.parse(read('package.json')).license).toBe('Apache-2.0');
  expect(read('LICENSE')).toMatch(/Apache License\s+Version 2\.0, January 2004/);
});

test('an editor formats as biome does', () => {
  const { formatter } = JSON.parse(read('biome.json')) as { formatter: Record<string, unknown> };
  const all = Object.fromEntries(
    [...read('.editorconfig').matchAll(/^(\w+) = (.+)$/gm)].map(([, name, value]) => [name, value]).slice(0, -1),
  );
  expect(all).toMatchObject({
    indent_style: formatter.indentStyle,
    indent_size: String(formatter.indentWidth),
    max_line_length: String(formatter.lineWidth),
  });
});
