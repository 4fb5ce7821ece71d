import { join } from 'node:path';

/** The command line of the consumer in fixtures/, run by the Node.js that runs the benchmark. */
export function program(): string {
  return `exec ${process.execPath} ${join(import.meta.dirname, 'fixtures', 'consumer.ts')}`;
}
