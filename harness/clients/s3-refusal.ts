import { messageOf, OperatorError } from '#std/errors.ts';

interface Asked {
  /** What was asked for: `to write a/b`. */
  readonly what: string;
  /** `s3://bucket at http://…`. */
  readonly place: string;
}

/** As S3's API, and those who speak it, name that a temporary credential is past its time. */
const EXPIRED = new Set(['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired']);

/** What an object store, or the way to it, says, as an OperatorError (exit 1). */
export function s3Refusal(error: unknown, { what, place }: Asked): OperatorError {
  if (error instanceof OperatorError) return error;
  const { name = '', $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  const found = `${status === undefined ? '' : `HTTP ${status} `}${name}: ${wordsOf(error)}`;
  const [code, message, expected, hint] = reasonOf(name, status, what, place);
  return new OperatorError({ code, message, expected, found, hint, cause: error, exit: 1 });
}

function reasonOf(
  name: string,
  status: number | undefined,
  what: string,
  place: string,
): readonly [code: string, message: string, expected: string, hint: string] {
  if (name === 'NoSuchBucket')
    return ['no-bucket', `there is no bucket ${place}`, 'a bucket that is there', 'make it, or name another one'];
  if (EXPIRED.has(name))
    return [
      's3-expired',
      `the credentials for ${place} have expired`,
      'credentials that are valid now',
      'get new ones (aws sso login, or a new session token), then start again: it goes on',
    ];
  if (name === 'CredentialsProviderError')
    return [
      'no-credentials',
      `there are no credentials for ${place}`,
      'a user and a password in the URL, as references, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile',
      'set them in the environment of this command',
    ];
  if (status === 401 || status === 403)
    return [
      's3-refused',
      `${place} does not allow ${what}`,
      'a key and its secret that are known there, and that may list, read, write and delete the objects',
      'check the key, its secret and its policy; a clock that is minutes off is refused, too',
    ];
  if (status === undefined || status === 429 || status >= 500)
    return ['s3-away', `${place} does not answer`, 'a store that speaks S3', 'check the endpoint, and that it runs'];
  return [
    's3-failed',
    `${place} refused ${what}`,
    'a store that speaks S3, in the region that is named',
    'read what it says',
  ];
}

/** A connection that could not be made has one error an address that was tried, and no words of its own. */
function wordsOf(error: unknown): string {
  const first = error instanceof AggregateError ? error.errors[0] : error;
  return messageOf(first instanceof Error ? first : ((error as { message?: unknown }).message ?? error));
}
