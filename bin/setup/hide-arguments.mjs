// Imported before all else. The arguments of a command may hold a password, and everyone on the machine may read them;
// this writes over them in the list of processes. Node 20, no dependency.
if (process.argv[2] === 'reconcile') process.title = 'driftlab reconcile';
