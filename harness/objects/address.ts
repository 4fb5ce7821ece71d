import { OperatorError } from '#std/errors.ts';

/** Where objects go: a bucket, and what their keys begin with. */
export interface ObjectsAddress {
  readonly bucket: string;
  /** Without a slash at either end; may be empty. */
  readonly prefix: string;
  /** Those of the URL; without them the environment's are taken. */
  readonly credentials?: { readonly keyId: string; readonly secret: string };
}

const OBJECTS_SCHEME = 's3:';

/** As every store that speaks S3 allows it. */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

export function isObjectsUrl(url: string): boolean {
  return url.startsWith(`${OBJECTS_SCHEME}//`);
}

/** Reads `s3://[key:secret@]bucket[/prefix]`. Throws an OperatorError (`wrong-url`) without any secret in it. */
export function objectsAddress(url: string): ObjectsAddress {
  const { hostname, pathname, username, password, search, port } = new URL(url);
  const bucket = decodeURIComponent(hostname);
  const whole = (username === '') === (password === '');
  if (!BUCKET.test(bucket) || !whole || search !== '' || port !== '')
    throw new OperatorError({
      code: 'wrong-url',
      message: 'objects go to a bucket, which is given by its URL',
      expected: 's3://bucket/prefix, or s3://key:secret@bucket/prefix with both of them',
      found: BUCKET.test(bucket)
        ? whole
          ? `s3://${bucket}… with ${search === '' ? 'a port' : 'parameters'}`
          : 'only one of key and secret'
        : `the bucket ${JSON.stringify(bucket)}`,
      hint: "name a store that is not Amazon's by --endpoint http://host:port",
    });
  const prefix = decodeURIComponent(pathname).replace(/^\/+|\/+$/g, '');
  if (username === '') return { bucket, prefix };
  return { bucket, prefix, credentials: { keyId: decodeURIComponent(username), secret: decodeURIComponent(password) } };
}
