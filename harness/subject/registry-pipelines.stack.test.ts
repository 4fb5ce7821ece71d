import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { registryClient } from '#clients/registry.ts';
import { AVRO_CONVERTER } from '#model/registry-converter.ts';
import type { Stack } from '#model/stack.ts';
import { startTestStack } from '#testing/stack.ts';
import { runPipelineFile } from '#testing/subject.ts';

/** Connectors as teams deploy them with Confluent's converters, in fixtures/registry; the workers themselves write JSON. */
let stack: Stack;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-registry-'));
  stack = await startTestStack({}, { registry: true });
});
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const run = (file: string) =>
  runPipelineFile(join(import.meta.dirname, 'fixtures/registry', file), { stack, folder, operations: 120 });

test('a pipeline in Avro is tested as it is, and what runs in place of its converters is told', async () => {
  const ran = await run('avro.yaml');
  for (const fault of ['none', 'restart-connector'])
    for (const subject of ['jdbc', 'applier'])
      expect([fault, subject, ran.cell(fault, subject)]).toEqual([
        ...[fault, subject],
        expect.objectContaining({ survived: true, seen: 'converged' }),
      ]);
  expect(ran.result).toEqual({ verdict: 'PASS', exit: 0 });

  // It was Avro, and not the workers' JSON.
  const subjects = await registryClient(stack.registry?.url ?? '').subjects();
  expect(subjects).toEqual(expect.arrayContaining(['clinic.public.visits-key', 'clinic.public.visits-value']));

  for (const connector of ['clinic-source', 'jdbc']) {
    const told = ran.report.subject?.replaced.filter((one) => one.connector === connector) ?? [];
    const of = (property: string) => told.find((one) => one.property === `value.converter${property}`);
    expect(of('')).toMatchObject({ theirs: 'io.confluent.connect.avro.AvroConverter', here: AVRO_CONVERTER });
    expect(of('.schema.registry.url')).toMatchObject({ theirs: 'https://registry.internal:8085', here: null });
    expect(of('.apicurio.registry.url')?.here).toMatch(/^http:\/\/127\.0\.0\.1:\d+\//);
    expect(of('.basic.auth.user.info')?.here).toBeNull();
  }
  expect(JSON.stringify(ran.report.subject)).not.toContain('hunter2');
});

test('where no converter for a format is there, Avro stands in, and what is not tested by that is told', async () => {
  const ran = await run('protobuf.yaml');
  expect(ran.cell('none', 'jdbc')).toMatchObject({ survived: true, seen: 'converged' });
  expect(ran.report.subject?.unchecked.join('\n')).toContain(
    'values of source-protobuf.json are in Avro here: no converter for Protobuf is there',
  );
});
