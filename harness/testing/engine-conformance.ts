import { afterAll, beforeAll, describe } from 'vitest';
import type { Engine } from '#engines/port/engine.ts';
import { testCompare } from './conformance/compare.ts';
import { testDialect } from './conformance/dialect.ts';
import { testLog } from './conformance/log.ts';
import { testReconcile } from './conformance/reconcile.ts';
import { testSink } from './conformance/sink.ts';
import { testSource } from './conformance/source.ts';
import type { Conformance, Lacks } from './conformance/suite.ts';
import { testSurveyor } from './conformance/surveyor.ts';
import type { TestServer } from './database-server.ts';

type Tested = Pick<TestServer, 'server'> & AsyncDisposable;

/**
 * What any database engine must do, whatever it is, port by port: run against servers of the lab's own in CI, and against one
 * of somebody's with `npm run test:engine`. A new engine is right when this passes; what it lacks it says with a reason.
 */
export function testEngine(engine: Engine, start: () => Promise<Tested>, lacks: Lacks = {}): void {
  const { name, server: servers, source } = engine;
  let running: Tested;
  const made: { readonly name: string; readonly opened: { close(): Promise<void> } }[] = [];
  const server = () => running.server;
  const suite: Conformance = {
    ...{ engine, server },
    lacks: {
      ...(source.binlog === undefined ? { 'binary log': 'its server writes none' } : {}),
      ...(source.cleanUp === undefined ? { 'change tables': 'its server keeps changes in its log alone' } : {}),
      ...lacks,
    },
    async create(label, template) {
      const own = `conformance_${process.pid}_${label}`;
      const opened = await servers.create(server(), own, template);
      made.push({ name: own, opened });
      return opened;
    },
  };

  describe(`the engine ${name}`, () => {
    beforeAll(async () => {
      running = await start();
    });
    afterAll(async () => {
      for (const { name: own, opened } of made) {
        await opened.close().catch(() => {});
        await servers.drop(server(), own).catch(() => {});
      }
      await running?.[Symbol.asyncDispose]();
    });
    for (const tests of [testDialect, testSource, testSurveyor, testLog, testCompare, testSink, testReconcile])
      tests(suite);
  });
}
