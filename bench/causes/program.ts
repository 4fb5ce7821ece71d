import { join } from 'node:path';

/** The command line of the consumer beside this file, run by the Node.js that runs the benchmark. */
export function program(): string {
  return `exec ${process.execPath} ${join(import.meta.dirname, 'consumer.ts')}`;
}
