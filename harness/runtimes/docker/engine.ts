import type { ContainerRuntimeClient } from 'testcontainers';
import { ENGINE_MEMORY_MB, ENGINE_VARIABLE, engineAdvice, lookForEngine } from '#setup/docker.mjs';
import { messageOf, OperatorError } from '#std/errors.ts';

/** A Docker engine of this machine that answers. */
export interface Engine {
  /** Its address: `unix:///var/run/docker.sock`. */
  readonly host: string;
  readonly client: ContainerRuntimeClient;
  readonly docker: ContainerRuntimeClient['container']['dockerode'];
}

/**
 * Connects to the engine. Throws an OperatorError (exit 3) before anything is started: `docker-none`, `docker-permission`,
 * `docker-remote` or `docker-silent` where none can be used, and `docker-memory` where its containers would not have room.
 */
export async function openEngine(): Promise<Engine> {
  const found = await lookForEngine();
  if ('why' in found) {
    const { why } = found;
    throw new OperatorError({
      code: `docker-${why}`,
      message: 'no Docker engine can be used',
      expected: 'a Docker engine on this machine that answers this user',
      found: found.found,
      hint: `${engineAdvice(why)}; or --runtime embedded, which needs none`,
      exit: 3,
    });
  }
  if (found.memoryMb < ENGINE_MEMORY_MB)
    throw new OperatorError({
      code: 'docker-memory',
      message: 'the Docker engine has too little memory',
      expected: `${ENGINE_MEMORY_MB} MB, for a broker, two Connect workers and two databases`,
      found: `${found.memoryMb} MB`,
      hint: 'give it more (Docker Desktop: Settings, Resources), or run on a larger machine',
      exit: 3,
    });
  // Testcontainers looks for an engine by itself, in other places and another order.
  process.env[ENGINE_VARIABLE] = found.host;
  // It need not look for the address at which ports are published, for which it asks for a network that need not be there.
  process.env.TESTCONTAINERS_HOST_OVERRIDE = '127.0.0.1';
  const { getContainerRuntimeClient } = await import('testcontainers');
  try {
    const client = await getContainerRuntimeClient();
    return { host: found.host, client, docker: client.container.dockerode };
  } catch (cause) {
    throw new OperatorError({
      code: 'docker-silent',
      message: 'no Docker engine can be used',
      expected: 'a Docker engine that answers Testcontainers',
      found: `${found.host}: ${messageOf(cause)}`,
      hint: engineAdvice('silent'),
      cause,
      exit: 3,
    });
  }
}
