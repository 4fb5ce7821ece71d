/** What the server can do, as far as the hashing of values depends on it. */
export interface ServerTraits {
  /** `hashbyteaextended` exists (PostgreSQL 18): a value's binary form can be hashed without being spelled out. */
  readonly hashesBytes: boolean;
  readonly utf8: boolean;
}

export interface Server {
  readonly version: string;
  /** Two servers with equal fingerprints compute equal hashes of equal values. */
  readonly fingerprint: string;
  readonly traits: ServerTraits;
}

/** One row of four texts, for {@link serverOf}. The probe shows what no version number does: the machine's byte order. */
export const SERVER_SQL = `SELECT current_setting('server_version'), current_setting('server_version_num'),
  current_setting('server_encoding'), hashtextextended('driftlab reconcile', 42)::text`;

export function serverOf(row: readonly string[] | undefined): Server {
  const [version, number, encoding, probe] = row ?? [];
  if (version === undefined) throw new Error('the server says nothing about itself');
  const major = Math.floor(Number(number) / 10_000);
  return {
    version,
    fingerprint: `postgres ${major} ${encoding} ${probe}`,
    traits: { hashesBytes: major >= 18, utf8: encoding === 'UTF8' },
  };
}
