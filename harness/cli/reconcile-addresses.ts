import { type Here, withVaulted } from '#manager/here.ts';
import { REFERENCE, resolveAddress, resolvePassword, STAND_IN } from '#manager/references.ts';
import { type CredentialProvider, connectionUrl, type SideName } from '#reconcile/credentials.ts';
import type { ReconcileRequest } from '#reconcile/request.ts';

/** The URLs of both databases, with their passwords. */
type Urls = Pick<ReconcileRequest, 'sourceUrl' | 'targetUrl'>;

/** What of a connection may be a reference, or have one in it. */
const REFERRING = ['url', 'password'] as const;
type Resolve = (side: SideName, part: (typeof REFERRING)[number], text: string) => string;

/**
 * What gives the addresses of both databases, with what their references stand for at that moment. Throws an OperatorError at once for
 * what is no address, whatever it refers to.
 */
export function addressesFrom(
  providers: readonly CredentialProvider[],
  here: Here,
): (signal: AbortSignal) => Promise<Urls> {
  urlsOf(providers, (_, __, text) => formOf(text));
  return async (signal) => {
    const texts: string[] = [];
    urlsOf(providers, (_, __, text) => {
      texts.push(text);
      return formOf(text);
    });
    const known = await withVaulted(here, texts, signal);
    return urlsOf(providers, (side, part, text) =>
      part === 'url' ? resolveAddress(side, text, known).url : resolvePassword(side, text, known),
    );
  };
}

/** A reference that is the whole of an address is one of any engine. */
function formOf(text: string): string {
  const form = text.replaceAll(REFERENCE, STAND_IN);
  return form === STAND_IN ? `postgres://${STAND_IN}` : form;
}

function urlsOf(providers: readonly CredentialProvider[], resolve: Resolve): Urls {
  const all = providers.map(
    (provider): CredentialProvider => ({
      name: provider.name,
      provide(side) {
        const given = provider.provide(side);
        const parts = REFERRING.flatMap((part) => {
          const text = given[part];
          return text?.includes('${') ? [[part, resolve(side, part, text)] as const] : [];
        });
        return { ...given, ...Object.fromEntries(parts) };
      },
    }),
  );
  return { sourceUrl: connectionUrl('source', all), targetUrl: connectionUrl('target', all) };
}
