import { type FileHandle, open } from 'node:fs/promises';
import { messageOf, OperatorError } from '#std/errors.ts';
import type { Difference } from './classify.ts';
import type { TablePair } from './compare.ts';

/** The file of `--repair-sql`: statements that would make the target equal the source. Nobody but a person runs them. */
export interface RepairFile extends AsyncDisposable {
  write(pair: TablePair, difference: Difference): void;
  flush(): Promise<void>;
}

/** `begins` is how the target's engine has it begin: with a transaction. */
export async function openRepairFile(path: string, at: Date, begins = 'BEGIN;'): Promise<RepairFile> {
  const file = await create(path);
  const header = [
    '-- Would make the target equal the source as they were compared',
    `-- at ${at.toISOString()}. Written to be read: check each statement before you run it on the target.`,
    begins,
  ];
  let buffer = [...header, ''].join('\n');
  let table: string | undefined;
  const flush = async () => {
    const text = buffer;
    buffer = '';
    await file.write(text);
  };
  return {
    write(pair, difference) {
      if (table !== pair.name) buffer += `\n-- ${pair.name}\n`;
      table = pair.name;
      buffer += `${repairOf(pair, difference)}\n`;
    },
    flush,
    async [Symbol.asyncDispose]() {
      buffer += '\nCOMMIT;\n';
      await flush();
      await file.close();
    },
  };
}

/** The same for whoever runs them himself: each statement, and how a session begins that runs them. */
export function repairsTo(onRepair: (statement: string, begins: string) => void, begins = 'BEGIN;'): RepairFile {
  return {
    write: (pair, difference) => onRepair(repairOf(pair, difference), begins),
    flush: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
}

function repairOf(pair: TablePair, { source, target }: Difference): string {
  return pair.target.repair({
    ...(target === undefined ? {} : { before: target }),
    ...(source === undefined ? {} : { after: source }),
  });
}

async function create(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'w', 0o600);
  } catch (error) {
    throw new OperatorError({
      code: 'cannot-write',
      message: `cannot write ${path}`,
      found: messageOf(error),
      cause: error,
      exit: 1,
    });
  }
}
