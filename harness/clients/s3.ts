import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import type * as sdk from '@aws-sdk/client-s3';
import { s3Refusal } from './s3-refusal.ts';

const require = createRequire(import.meta.url);

/** Loaded when a store is opened: it takes half a second, and most commands do without. */
function library(): typeof sdk {
  return require('@aws-sdk/client-s3') as typeof sdk;
}

export interface S3Options {
  readonly bucket: string;
  /** Of a store that is not Amazon's: an http or https URL. Buckets are then named in the path. */
  readonly endpoint?: string;
  /** Default: AWS_REGION, or `us-east-1`. */
  readonly region?: string;
  /** Default: the environment's, a profile's or the machine's own, as all of Amazon's programs look for them. */
  readonly credentials?: { readonly keyId: string; readonly secret: string; readonly token?: string };
  readonly limitMs?: number;
  /** How many objects one answer lists; default: as many as the store gives, which is a thousand. */
  readonly pageObjects?: number;
}

interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  /** Another one for other bytes. */
  readonly etag: string;
}

/**
 * A bucket of an object store that speaks S3's API. Each call throws an OperatorError (exit 1) in plain words: `no-bucket`,
 * `s3-refused` (credentials that are wrong or may not), `s3-expired`, `no-credentials`, `s3-away` (it does not answer), `s3-failed`.
 */
export interface ObjectStore extends Disposable {
  /** `s3://bucket at http://…`, for messages. */
  readonly place: string;
  /** Writes an object in one piece: whoever reads it sees all of it or none. The store checks that it got these bytes. */
  put(
    key: string,
    body: Uint8Array,
    options?: { readonly type?: string; readonly signal?: AbortSignal },
  ): Promise<void>;
  /** Undefined where there is no such object. */
  get(key: string, signal?: AbortSignal): Promise<Uint8Array | undefined>;
  /** All objects whose keys begin so, in the order of their keys' bytes. */
  list(prefix: string, signal?: AbortSignal): AsyncIterable<StoredObject>;
  /** Harmless for what is not there. */
  delete(keys: readonly string[], signal?: AbortSignal): Promise<void>;
  /** Resolves where the bucket is there and its objects may be listed. */
  check(prefix: string, signal?: AbortSignal): Promise<void>;
  makeBucket(signal?: AbortSignal): Promise<void>;
}

const REQUEST_LIMIT_MS = 60_000;
const CONNECT_LIMIT_MS = 5_000;
const ATTEMPTS = 3;
/** As many as one request may name. */
const DELETE_MAX = 1000;

export function openObjectStore(options: S3Options): ObjectStore {
  const { bucket: Bucket, endpoint, pageObjects } = options;
  const paging = pageObjects === undefined ? {} : { MaxKeys: pageObjects };
  const aws = library();
  const client = new aws.S3Client(settingsOf(options));
  const place = `s3://${Bucket}${endpoint === undefined ? '' : ` at ${new URL(endpoint).host}`}`;
  const asked = async <T>(what: string, signal: AbortSignal | undefined, call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      signal?.throwIfAborted();
      throw s3Refusal(error, { what, place });
    }
  };
  const how = (abortSignal: AbortSignal | undefined) => (abortSignal === undefined ? {} : { abortSignal });
  return {
    place,
    async put(Key, Body, { type: ContentType, signal } = {}) {
      // Every store knows this checksum, newer ones only some.
      const ContentMD5 = createHash('md5').update(Body).digest('base64');
      const given = { Bucket, Key, Body, ContentMD5, ...(ContentType === undefined ? {} : { ContentType }) };
      await asked(`to write ${Key}`, signal, client.send(new aws.PutObjectCommand(given), how(signal)));
    },
    async get(Key, signal) {
      const read = async () => {
        const { Body } = await client.send(new aws.GetObjectCommand({ Bucket, Key }), how(signal));
        return Body?.transformToByteArray();
      };
      const ofNone = (error: unknown) => {
        if (error instanceof aws.NoSuchKey) return undefined;
        throw error;
      };
      return await asked(`to read ${Key}`, signal, read().catch(ofNone));
    },
    async *list(Prefix, signal) {
      let ContinuationToken: string | undefined;
      do {
        const from = ContinuationToken === undefined ? {} : { ContinuationToken };
        const page = client.send(new aws.ListObjectsV2Command({ Bucket, Prefix, ...paging, ...from }), how(signal));
        const { Contents = [], NextContinuationToken } = await asked(`to list ${Prefix}`, signal, page);
        for (const { Key: key = '', Size: bytes = 0, ETag: etag = '' } of Contents) yield { key, bytes, etag };
        ContinuationToken = NextContinuationToken;
      } while (ContinuationToken !== undefined);
    },
    async delete(keys, signal) {
      for (let from = 0; from < keys.length; from += DELETE_MAX) {
        const Objects = keys.slice(from, from + DELETE_MAX).map((Key) => ({ Key }));
        const command = new aws.DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } });
        const { Errors = [] } = await asked('to delete objects', signal, client.send(command, how(signal)));
        const [first] = Errors;
        if (first === undefined) continue;
        const refused = { name: first.Code, message: `${first.Key}: ${first.Message}` };
        throw s3Refusal(refused, { what: 'to delete objects', place });
      }
    },
    async check(Prefix, signal) {
      // Asking for the bucket's head would be cheaper, and its refusal has no words in it.
      const command = new aws.ListObjectsV2Command({ Bucket, Prefix, MaxKeys: 1 });
      await asked(`to list ${Prefix}`, signal, client.send(command, how(signal)));
    },
    async makeBucket(signal) {
      await asked('to make the bucket', signal, client.send(new aws.CreateBucketCommand({ Bucket }), how(signal)));
    },
    [Symbol.dispose]: () => client.destroy(),
  };
}

function settingsOf({ endpoint, region, credentials, limitMs = REQUEST_LIMIT_MS }: S3Options): sdk.S3ClientConfig {
  return {
    region: region ?? process.env.AWS_REGION ?? 'us-east-1',
    maxAttempts: ATTEMPTS,
    requestHandler: { requestTimeout: limitMs, connectionTimeout: CONNECT_LIMIT_MS, throwOnRequestTimeout: true },
    // The library's own checksums come in trailers, which not every store understands.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(credentials === undefined
      ? {}
      : {
          credentials: {
            accessKeyId: credentials.keyId,
            secretAccessKey: credentials.secret,
            ...(credentials.token === undefined ? {} : { sessionToken: credentials.token }),
          },
        }),
  };
}
