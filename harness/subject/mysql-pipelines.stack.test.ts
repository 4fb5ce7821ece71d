import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Stack } from '#model/stack.ts';
import type { TestServer } from '#testing/database-server.ts';
import { startTestPostgres } from '#testing/postgres.ts';
import { startTestStack, withServers } from '#testing/stack.ts';
import { runPipelineFile, type TestedPipeline } from '#testing/subject.ts';
import { describeMysql } from '#testing/with-mysql.ts';
import { expectConverged } from './converged.fixture.ts';

describeMysql('a pipeline file whose source is MySQL', () => {
  let stack: Stack;
  let postgres: TestServer;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'driftlab-mysql-own-'));
    [stack, postgres] = await Promise.all([startTestStack({ source: 'mysql', sink: 'mysql' }), startTestPostgres()]);
  });
  afterAll(async () => {
    await stack?.[Symbol.asyncDispose]();
    await postgres?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (file: string, on: Stack, only?: readonly string[]): Promise<TestedPipeline> =>
    runPipelineFile(join(import.meta.dirname, 'fixtures/mysql', file), {
      ...{ stack: on, folder },
      ...(only === undefined ? {} : { only }),
    });

  test('and whose sinks are PostgreSQL converges, and shows a sink connector that keeps what was deleted', async () => {
    const ran = await run('to-postgres.yaml', withServers(stack, { sink: postgres.server }));
    expectConverged(ran);
    const keeping = ran.cell('none', 'keeping');
    expect(keeping).toMatchObject({ survived: false, hops: ['log-to-sink'] });
    expect(keeping.change).toEqual([expect.stringContaining('delete.enabled=false in ../mariadb/sink-keeps.json')]);
    expect(ran.report.subject?.replaced).toContainEqual(
      expect.objectContaining({ property: 'database.ssl.mode', theirs: 'verify_ca', here: 'disabled' }),
    );
    expect(ran.result).toEqual({ verdict: 'PASS', exit: 0 });
  });

  test('and whose sinks are MySQL converges, until the server has removed what its connector had not read', async () => {
    const ran = await run('to-mysql.yaml', stack, ['none', 'purge-binlog']);
    expect(ran.report.reason).toBeUndefined();
    for (const subject of ['warehouse', 'dedup']) {
      expect(ran.cell('none', subject)).toMatchObject({ survived: true, change: [] });
      expect(ran.cell('purge-binlog', subject)).toMatchObject({ survived: false, hops: ['source-to-log'] });
    }
    const [cause] = ran.report.modes.at(-1)?.variants.warehouse?.causes ?? [];
    expect(cause).toMatchObject({ code: 'binlog-purged', docs: expect.stringContaining('connectors/mysql.html') });
    expect(ran.report.subject?.replaced).toContainEqual(
      expect.objectContaining({
        property: 'connection.url',
        here: expect.stringMatching(/^jdbc:mysql:.*rewriteBatchedStatements=true.*allowPublicKeyRetrieval=true/),
      }),
    );
    expect(ran.result).toEqual({ verdict: 'PASS', exit: 0 });
  });
});
