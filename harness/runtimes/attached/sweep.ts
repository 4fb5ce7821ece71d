import { LABS } from '#setup/layout.mjs';
import { orphanedRecords, readRecord, removeRecord, writeRecord } from './record.ts';

/**
 * Removes from servers of somebody's what labs have left there that are no more. Returns lines on what could not be removed:
 * it is tried again by the next command, unless it is to be forgotten.
 */
export async function sweepAttached({ labs = LABS, forget = false } = {}): Promise<string[]> {
  const told: string[] = [];
  for (const file of orphanedRecords(labs)) {
    const record = readRecord(file);
    if (record === undefined) continue;
    // Engines take longer to load than a command that has nothing to remove.
    const { removeDatabases, toldLeft } = await import('./remove.ts');
    const left = await removeDatabases(record);
    told.push(...toldLeft(left));
    if (left.length === 0 || forget) removeRecord(file);
    else writeRecord(file, { ...record, databases: left.map(({ end, name }) => ({ end, name })) });
  }
  return told;
}
