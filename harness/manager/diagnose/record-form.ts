import type { RecordForm } from '#model/set-up.ts';

/** Before the schema's number in the wire format of a schema registry. */
const MAGIC = 0;
/** The magic byte, and four for the number. */
const REGISTRY_HEAD = 5;

/** What a value is written as, by its bytes alone; undefined for a tombstone, which has none. */
export function formOf(value: Buffer | null): RecordForm | undefined {
  if (value === null) return undefined;
  if (value[0] === MAGIC && value.length > REGISTRY_HEAD) return 'registry';
  try {
    const read: unknown = JSON.parse(value.toString());
    if (typeof read !== 'object' || read === null) return 'json';
    return Object.keys(read).toSorted().join() === 'payload,schema' ? 'json-with-schema' : 'json';
  } catch {
    return 'other';
  }
}
