/** An applier in a process of its own, so that a test can kill it: options as JSON in the first argument. */
import { type BuiltinApplierOptions, startBuiltinApplier } from './applier.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as BuiltinApplierOptions;
await startBuiltinApplier({ ...options, onError: (error) => console.error(error) });
console.log('running');
