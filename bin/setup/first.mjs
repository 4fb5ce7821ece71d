// Imported before all else: what must hold from the first moment. Node 20, no dependency.
import { listenForSignals } from './program.mjs';

// The arguments of a command may hold a password, and everyone on the machine may read them; this writes over them in
// the list of processes.
if (process.argv[2] === 'reconcile') process.title = 'driftlab reconcile';

/** Gives the signals back; until then they end the set-up in order. */
export const stopListening = listenForSignals();
