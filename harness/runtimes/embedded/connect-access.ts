import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { concealedIn, FILE, writePrivate } from '#clients/conceal.ts';
import type { ConnectAccess } from '#model/stack.ts';
import type { LabFolder } from './lab-folder.ts';

/** How the Connect workers of one lab keep other users of the machine out, and secrets away from them. */
export interface WorkerAccess extends ConnectAccess {
  readonly properties: Readonly<Record<string, string>>;
  readonly systemProperties: Readonly<Record<string, string>>;
}

const USER = 'driftlab';
/** The name of the worker's one config provider. */
const PROVIDER = 'driftlab';
const EXTENSION = 'org.apache.kafka.connect.rest.basic.auth.extension';
/** Kafka splits lists at commas, and references at colons and braces. */
const PLAIN_PATH = /^[\w/.@+-]+$/;

/**
 * Everyone on the machine reaches 127.0.0.1. So the REST interface asks for a password of the lab's own; and since the
 * broker, which holds the connectors' configurations, asks for none, these hold no secret: each stands in a file of its
 * own that the worker's user alone may read, and the configuration refers to it through Kafka's DirectoryConfigProvider.
 */
export function workerAccess(lab: LabFolder): WorkerAccess {
  const folder = join(lab.path, 'connect-access');
  const secrets = join(folder, 'secrets');
  mkdirSync(secrets, { recursive: true, mode: 0o700 });
  const plain = PLAIN_PATH.test(secrets);
  // Paths are relative to the worker's folder, beside this one: a JVM need not know how the lab's own path is spelled.
  const { users, jaas, access } = newAccess({
    users: '../connect-access/users.properties',
    secrets: plain ? secrets : '../connect-access/secrets',
    allowed: plain,
  });
  writePrivate(join(folder, 'users.properties'), users);
  writePrivate(join(folder, 'jaas.conf'), jaas);
  const kept = { folder: secrets, reference: access.reference(FILE) };
  return {
    ...access,
    systemProperties: { [JAAS_PROPERTY]: '../connect-access/jaas.conf' },
    secrets: kept,
    conceal: (connector, config) => concealedIn(kept, connector, config),
  };
}

/** The system property that names the file of {@link NewAccess.jaas}. */
export const JAAS_PROPERTY = 'java.security.auth.login.config';

/** What a worker has to be given, and its clients with it. */
export interface NewAccess {
  /** Text of the file with users and passwords. */
  readonly users: string;
  /** Text of the file that names it. */
  readonly jaas: string;
  readonly access: Pick<WorkerAccess, 'properties'> & {
    readonly authorization: string;
    /** What stands in a configuration for the content of a file among the secrets. */
    reference(file: string): string;
  };
}

/** A password of the lab's own, or the one that it has; the paths are as the worker sees them. */
export function newAccess(
  at: { readonly users: string; readonly secrets: string; readonly allowed: boolean },
  password = randomBytes(24).toString('base64url'),
): NewAccess {
  return {
    users: `${USER}=${password}\n`,
    jaas: `KafkaConnect { ${EXTENSION}.PropertyFileLoginModule required file="${at.users}"; };\n`,
    access: {
      properties: {
        'rest.extension.classes': `${EXTENSION}.BasicAuthSecurityRestExtension`,
        'config.providers': PROVIDER,
        [`config.providers.${PROVIDER}.class`]: 'org.apache.kafka.common.config.provider.DirectoryConfigProvider',
        // No reference reads anything else of its user's.
        ...(at.allowed ? { [`config.providers.${PROVIDER}.param.allowed.paths`]: at.secrets } : {}),
      },
      authorization: `Basic ${Buffer.from(`${USER}:${password}`).toString('base64')}`,
      reference: (file) => `\${${PROVIDER}:${at.secrets}:${file}}`,
    },
  };
}
