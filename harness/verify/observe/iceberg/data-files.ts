import { avroRecords } from '#log/formats/avro-file.ts';
import { literally } from '#log/formats/literals.ts';
import { Literal } from '#log/wire.ts';

/** A file with rows that a table's current snapshot lists. */
export interface DataFile {
  /** Its URL: `s3://bucket/table/data/….parquet`. */
  readonly path: string;
  /** Rises with the commits that added the files. */
  readonly sequence: number;
}

/** Reads a file of a table by its URL. Throws where there is none. */
export type ReadFile = (path: string) => Promise<Buffer>;

/** Manifests that were read before, by their URLs: what is in one never changes. */
export type KnownManifests = Map<string, readonly DataFile[]>;

interface Metadata {
  readonly 'current-snapshot-id'?: unknown;
  readonly snapshots?: readonly { readonly 'snapshot-id': unknown; readonly 'manifest-list': string }[];
}

interface Manifest {
  readonly manifest_path: string;
  /** 0 for data, 1 for deletes. */
  readonly content?: number;
  readonly sequence_number?: number;
}

interface ManifestEntry {
  /** 0 for a file that was there before, 1 for one that was added, 2 for one that was removed. */
  readonly status: number;
  /** Absent in the manifest with which it was added: it is that one's then. */
  readonly sequence_number?: number | null;
  readonly data_file: { readonly file_path: string; readonly file_format: string };
}

const REMOVED = 2;

/**
 * The files of an Iceberg table's current snapshot, in the order of their commits, by the table's metadata file. Throws where the
 * snapshot has files with deletes, or files that are no Parquet.
 */
export async function dataFiles(metadata: string, read: ReadFile, known: KnownManifests): Promise<readonly DataFile[]> {
  const table = JSON.parse((await read(metadata)).toString(), literally) as Metadata;
  const current = idOf(table['current-snapshot-id']);
  const snapshot = table.snapshots?.find((one) => idOf(one['snapshot-id']) === current);
  if (snapshot === undefined) return [];
  const manifests = avroRecords(await read(snapshot['manifest-list'])) as Manifest[];
  const files: DataFile[] = [];
  for (const manifest of manifests) files.push(...(await filesOf(manifest, read, known)));
  return files.sort((left, right) => left.sequence - right.sequence);
}

/** Ids have up to 64 bits, and a table that has no snapshot yet has -1 or none. */
function idOf(id: unknown): string | undefined {
  return id instanceof Literal ? id.text : undefined;
}

async function filesOf(manifest: Manifest, read: ReadFile, known: KnownManifests): Promise<readonly DataFile[]> {
  const { manifest_path: path, content = 0 } = manifest;
  if (content !== 0) throw new Error(`the manifest ${path} has deletes, and the sink is one that appends only`);
  const before = known.get(path);
  if (before !== undefined) return before;
  const entries = (avroRecords(await read(path)) as ManifestEntry[]).filter(({ status }) => status !== REMOVED);
  const files = entries.map(({ sequence_number: sequence, data_file: { file_path: file, file_format: format } }) => {
    if (format.toUpperCase() !== 'PARQUET') throw new Error(`${file} is ${format}, not Parquet`);
    return { path: file, sequence: sequence ?? manifest.sequence_number ?? 0 };
  });
  known.set(path, files);
  return files;
}
