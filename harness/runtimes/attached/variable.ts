import { engineOf } from '#engines/index.ts';
import type { DatabaseServer } from '#model/stack.ts';
import { OperatorError, reworded } from '#std/errors.ts';
import { serverOfUrl } from '../own-server.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The environment variable that names a running server of an engine: a password has no place on a command line. */
export function variableOf(engine: string): string {
  return `DRIFTLAB_${engine.toUpperCase()}_URL`;
}

/** How such a URL is written, without anybody's secrets. */
export function urlForm(engine: string): string {
  const { schemes, defaultPort } = engineOf({ engine });
  return `${schemes[0]}//user:password@host:${defaultPort}/`;
}

/**
 * The server of somebody's that is to be used in place of the lab's own; undefined where no variable names one. Throws an
 * OperatorError (exit 2), which shows nothing of the URL, where what the variable holds cannot be that.
 */
export function attachedServer(engine: string, env: Environment = process.env): DatabaseServer | undefined {
  const name = variableOf(engine);
  const url = env[name];
  if (url === undefined || url.trim() === '') return undefined;
  if (!URL.canParse(url)) throw notThere(name, 'it holds no URL', engine, 'a text that is none');
  const { hostname, username } = new URL(url);
  if (hostname === '' || username === '') {
    const missing = hostname === '' ? 'the name of a server' : 'the name of a user';
    throw notThere(name, `${missing} is missing in its URL`, engine, `a URL without ${missing}`);
  }
  try {
    return serverOfUrl(engine, url);
  } catch (error) {
    if (!(error instanceof OperatorError))
      throw notThere(name, 'its URL cannot be read', engine, 'a URL with a wrong %');
    throw reworded(error, `${name}: ${error.message}`);
  }
}

function notThere(name: string, why: string, engine: string, found: string): OperatorError {
  return new OperatorError({ code: 'wrong-url', message: `${name}: ${why}`, expected: urlForm(engine), found });
}
