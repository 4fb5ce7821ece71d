// One contestant, once, in a process of its own, so that its peak memory is nobody else's.
// node bench/reconcile/child.ts NAME; the two URLs come on standard input.
import { text } from 'node:stream/consumers';
import { CONTESTANTS, type ContestantName } from './contestants.ts';

const contestant = CONTESTANTS[process.argv[2] as ContestantName];
const [source = '', target = ''] = (await text(process.stdin)).split('\n');
const started = performance.now();
const found = await contestant(source, target);
const ms = performance.now() - started;
process.stdout.write(JSON.stringify({ ms, found, rssMb: process.resourceUsage().maxRSS / 1024 }));
