// Imported before all else: what must hold from the first moment. Node 20, no dependency.
import { listen } from './program.mjs';

// The arguments of a command may hold a password, and everyone on the machine may read them; this writes over them in
// the list of processes.
if (process.argv[2] === 'reconcile') process.title = 'driftlab reconcile';
listen();
