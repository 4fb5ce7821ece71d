import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { resolveReferences, unresolvedReferences } from './config-references.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-references-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('references to the environment, to a file of properties and to a folder stand for what is there', () => {
  const file = join(folder, 'secrets.properties');
  writeFileSync(file, '# mine\nuser = ada\npass\\:word=a\\u0062c\\\n  d e\nempty=\n');
  writeFileSync(join(folder, 'token'), 'whole file');
  const env = { PASSWORD: 's3cret' };
  expect(resolveReferences(`\${env:PASSWORD}`, env)).toBe('s3cret');
  expect(resolveReferences(`jdbc:postgresql://h/d?password=\${env:PASSWORD}&x=1`, env)).toBe(
    'jdbc:postgresql://h/d?password=s3cret&x=1',
  );
  expect(resolveReferences(`\${file:${file}:user}`)).toBe('ada');
  expect(resolveReferences(`\${file:${file}:empty}`)).toBe('');
  expect(resolveReferences(`\${directory:${folder}:token}/\${dir:${folder}:token}`)).toBe('whole file/whole file');
});

test('what is no reference, or stands for nothing here, stays as it is', () => {
  for (const text of [
    `\${source.schema}.\${source.table}`,
    `\${env:NOT_THERE}`,
    `\${vault:secret/db:password}`,
    `\${file:/not/there.properties:x}`,
    `\${dir:${tmpdir()}:../x}`,
    'plain',
  ])
    expect(resolveReferences(text, {})).toBe(text);
});

test('a property whose whole value cannot be resolved here is named with its provider', () => {
  const config = {
    'value.converter.basic.auth.user.info': `\${secrets:ns/registry:info}`,
    'database.password': `\${env:PASSWORD}`,
    'collection.name.format': `\${source.table}`,
    'path.format': `'year'=\${x:y}`,
  };
  expect(unresolvedReferences(config, { PASSWORD: 'x' })).toEqual([
    {
      property: 'value.converter.basic.auth.user.info',
      reference: `\${secrets:ns/registry:info}`,
      provider: 'secrets',
    },
  ]);
  expect(unresolvedReferences(config, {}).map(({ property }) => property)).toContain('database.password');
});
