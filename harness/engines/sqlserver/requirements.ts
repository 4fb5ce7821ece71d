import type { DatabaseServer, End } from '#model/stack.ts';
import { OperatorError } from '#std/errors.ts';
import { ADVICE } from './refusal.ts';

export interface ServerFacts {
  /** 16 for SQL Server 2022. */
  readonly version: number;
  /** `EngineEdition`: 2 Standard, 3 Enterprise and Developer, 4 Express, 5 a database of Azure, 8 a managed instance. */
  readonly kind: number;
  readonly edition: string;
  readonly sysadmin: boolean;
  readonly login: string;
  /** What the Agent's service does; undefined where the server does not tell. */
  readonly agent: string | undefined;
}

const OLDEST = 13;
const EXPRESS = 4;

/** What keeps a server from being an end; undefined where nothing does that can be told. */
export function lackOf(
  { version, kind, edition, sysadmin, login, agent }: ServerFacts,
  as: End = 'source',
): OperatorError | undefined {
  const message = as === 'source' ? 'changes of this server cannot be captured' : 'this server cannot be a sink';
  const lack = (code: string, expected: string, found: string, hint: string): OperatorError =>
    new OperatorError({ ...{ code, message, expected, found, hint, exit: 1 } });
  if (version < OLDEST) return lack('too-old', 'SQL Server 2016 or newer', `version ${version}`, ADVICE.version);
  if (as === 'source' && kind === EXPRESS)
    return lack(
      'cdc-not-in-edition',
      'the Developer, Standard or Enterprise edition',
      edition,
      'in a container MSSQL_PID=Developer chooses it',
    );
  if (!sysadmin)
    return lack(
      'missing-rights',
      'a member of sysadmin, who may make databases, copy them and enable Change Data Capture',
      `${login}, who is none`,
      ADVICE.sysadmin(login),
    );
  if (agent !== undefined && agent !== 'Running')
    return lack(
      'agent-not-running',
      'a running SQL Server Agent, whose jobs capture the changes',
      `the Agent is: ${agent}`,
      'in a container MSSQL_AGENT_ENABLED=true starts it; elsewhere mssql-conf set sqlagent.enabled true and a restart, or its service under Windows',
    );
  return undefined;
}

/**
 * What keeps connectors from a server that other clients reach. Java's driver takes no file with an authority's certificate, and a
 * certificate goes unchecked only where that was asked for.
 */
export function unreachableByConnectors({ parameters = {} }: DatabaseServer): OperatorError | undefined {
  const { ca, encrypt, trustServerCertificate } = parameters;
  if (ca === undefined || encrypt === 'false' || trustServerCertificate === 'true') return undefined;
  return new OperatorError({
    code: 'wrong-url',
    message: "connectors cannot check this server's certificate",
    expected: 'a certificate of an authority that Java knows, or trustServerCertificate=true',
    found: `ca=${ca}, which only other clients read`,
    hint: 'take ca out of the URL, or add trustServerCertificate=true: then no client checks the certificate',
  });
}
