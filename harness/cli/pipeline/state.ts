import { openKeptPostgres } from '#runtimes/embedded/kept-postgres.ts';

interface State extends AsyncDisposable {
  readonly url: string;
}

/** The database that is named, on the command line or else in the environment; or else one that is kept here. */
export async function openState(given: string | undefined, env: NodeJS.ProcessEnv): Promise<State> {
  const url = given ?? env.DRIFTLAB_STATE_URL ?? '';
  return url === '' ? openKeptPostgres() : { url, [Symbol.asyncDispose]: () => Promise.resolve() };
}
