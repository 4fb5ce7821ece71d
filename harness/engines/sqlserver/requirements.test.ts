import { expect, test } from 'vitest';
import { lackOf, type ServerFacts, unreachableByConnectors } from './requirements.ts';

const GOOD: ServerFacts = {
  ...{ version: 16, kind: 3, edition: 'Developer Edition (64-bit)', sysadmin: true, login: 'sa', agent: 'Running' },
};

test('a server that can be a source lacks nothing, even where it does not tell of its Agent', () => {
  expect(lackOf(GOOD)).toBeUndefined();
  expect(lackOf({ ...GOOD, agent: undefined })).toBeUndefined();
});

test.each([
  [{ version: 12 }, 'too-old', '@@VERSION'],
  [{ kind: 4, edition: 'Express Edition (64-bit)' }, 'cdc-not-in-edition', 'MSSQL_PID=Developer'],
  [{ sysadmin: false, login: 'app' }, 'missing-rights', 'ALTER SERVER ROLE sysadmin ADD MEMBER [app]'],
  [{ agent: 'Stopped' }, 'agent-not-running', 'MSSQL_AGENT_ENABLED=true'],
])('%o', (facts, code, hint) => {
  expect(lackOf({ ...GOOD, ...facts })).toMatchObject({ code, hint: expect.stringContaining(hint), exit: 1 });
});

test('a server that is a sink alone needs no edition that captures', () => {
  expect(lackOf({ ...GOOD, kind: 4, edition: 'Express Edition (64-bit)' }, 'sink')).toBeUndefined();
  expect(lackOf({ ...GOOD, sysadmin: false }, 'sink')).toMatchObject({ message: 'this server cannot be a sink' });
});

test('a certificate that connectors cannot check is refused, unless nobody is to check it', () => {
  const of = (parameters?: Record<string, string>) =>
    unreachableByConnectors({
      ...{ engine: 'sqlserver', host: 'h', port: 1433, user: 'sa', password: 'secret' },
      ...(parameters === undefined ? {} : { parameters }),
    });
  expect(of()).toBeUndefined();
  expect(of({ encrypt: 'true' })).toBeUndefined();
  expect(of({ ca: '/ca.pem', trustServerCertificate: 'true' })).toBeUndefined();
  expect(of({ ca: '/ca.pem', encrypt: 'false' })).toBeUndefined();
  expect(of({ ca: '/ca.pem' })).toMatchObject({
    code: 'wrong-url',
    found: expect.stringContaining('/ca.pem'),
    exit: 2,
  });
  expect(of({ ca: '/ca.pem', encrypt: 'strict', trustServerCertificate: 'false' })).toMatchObject({
    code: 'wrong-url',
  });
});
