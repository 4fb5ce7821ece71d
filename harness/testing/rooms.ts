/** A room of the house: what it holds, and the rooms whose modules its own may import. */
export interface Room {
  readonly holds: string;
  readonly imports: readonly string[];
}

const BELOW = ['contracts', 'model', 'std'];

/** Rooms by their folder in harness/, from the bottom up. The tidy test holds imports against it, and docs/architecture.md shows it. */
export const ROOMS: Readonly<Record<string, Room>> = {
  contracts: {
    holds: 'what is said over HTTP, to agents and to pages: each shape once, as a JSON Schema and as the type of it',
    imports: [],
  },
  model: { holds: 'the vocabulary: types and values', imports: ['contracts'] },
  std: { holds: 'errors, waiting, randomness, processes', imports: [] },
  clients: { holds: 'Kafka, Connect, a schema registry, S3, Vault: thin and typed', imports: BELOW },
  http: { holds: 'an HTTP interface on 127.0.0.1: who may ask, errors, events', imports: BELOW },
  log: { holds: "Debezium's records, decoded; `formats/` is how they are written", imports: BELOW },
  objects: { holds: 'what rows are as objects: formats, names, manifests', imports: BELOW },
  engines: {
    holds: 'database engines: `port/` is what one must do, each has a folder, and `index.ts` alone names it',
    imports: [...BELOW, 'clients', 'log'],
  },
  runtimes: {
    holds: 'start, stop, kill, pause nodes; a `Stack` out of them',
    imports: [...BELOW, 'clients', 'engines', 'setup'],
  },
  appliers: {
    holds: "consume topics and write a sink: `builtin/`, `objects/`, or a program of somebody's own",
    imports: [...BELOW, 'clients', 'objects', 'engines', 'log', 'setup'],
  },
  workloads: {
    holds: 'seeded writers and the ledger; `shop/` alone knows the sample schema; `generic/` any',
    imports: BELOW,
  },
  faults: { holds: 'one mechanism a file', imports: BELOW },
  verify: {
    holds: '`observe/` reads the servers, `judge/` is pure and imports the model only',
    imports: [...BELOW, 'clients', 'objects', 'engines', 'log'],
  },
  pipelines: {
    holds: 'a pipeline on a stack, its connector and variants',
    imports: [...BELOW, 'clients', 'objects', 'engines', 'log', 'appliers', 'verify'],
  },
  manager: {
    holds: 'a manager of CDC pipelines: their state, and the stages that bring them up',
    imports: [...BELOW, 'http', 'clients', 'objects', 'engines', 'appliers', 'pipelines', 'diagnosis'],
  },
  operations: {
    holds: 'connectors of a Connect cluster, and their dead letters: shown before it is done',
    imports: [...BELOW, 'clients', 'engines', 'log', 'diagnosis', 'manager'],
  },
  reconcile: { holds: 'the two-database comparison tool', imports: [...BELOW, 'clients', 'engines'] },
  recovery: {
    holds: 'recoveries of a pipeline: steps that look, do, and look again',
    imports: [...BELOW, 'clients', 'engines', 'manager', 'operations', 'reconcile'],
  },
  diagnosis: {
    holds: 'pure: facts in, ranked causes out, from one table: evidence, remedy, documentation',
    imports: BELOW,
  },
  context: {
    holds: 'pure: facts in, what an agent must know of a failure mode out, within a number of tokens',
    imports: BELOW,
  },
  engine: {
    holds: 'runs a scenario: phases, waits, drain, expectations',
    imports: [...BELOW, 'clients', 'engines', 'runtimes', 'pipelines', 'workloads', 'faults', 'verify', 'diagnosis'],
  },
  subject: {
    holds: 'a pipeline file: read, checked, and made a scenario',
    imports: [...BELOW, 'engines', 'workloads', 'faults'],
  },
  report: { holds: 'run events → report → files', imports: [...BELOW, 'setup'] },
  lab: {
    holds: 'the live lab: the daemon and its HTTP interface',
    imports: [
      ...BELOW,
      'http',
      'clients',
      'engines',
      'runtimes',
      'pipelines',
      'diagnosis',
      'context',
      'engine',
      'log',
      'report',
      'setup',
    ],
  },
  mcp: {
    holds: 'what an agent calls: MCP tools on the live lab, a file a tool; they render and decide nothing',
    imports: [...BELOW, 'clients', 'engines', 'log', 'manager', 'operations', 'reconcile', 'recovery', 'lab', 'setup'],
  },
  tui: { holds: 'what a person sees', imports: [...BELOW, 'report'] },
  cli: {
    holds: 'what a person types',
    imports: [
      ...BELOW,
      'lab',
      'mcp',
      'engine',
      'subject',
      'report',
      'tui',
      'reconcile',
      'manager',
      'operations',
      'recovery',
      'runtimes',
      'setup',
      'scenarios',
      'diagnosis',
    ],
  },
};

/** Rooms that are no folders of harness/, for the page alone. */
const OTHERS: readonly (readonly [place: string, holds: string, imports: string])[] = [
  ['`scenarios/`', 'what is tested: one folder a family, one failure mode a file; data, not machinery', '`lab.ts`'],
  ['`harness/lab.ts`', 'the authoring facade: the words a scenario is written in', 'any'],
  ['`harness/testing/`', 'what tests share: planted faults, defective appliers, the rooms themselves', 'any'],
  ['`bench/`', 'benchmarks: each measures against something in the same run', 'any'],
  ['`bin/setup/`', "set-up on the host's own Node.js, without any dependency", 'node'],
  ['`docker/`', '`pom.xml`: the pinned Kafka and Debezium; a folder an image of the Docker runtime; `compose.yml`', ''],
];

const ROOMS_BEGIN = '<!-- rooms: made by `node harness/testing/write-rooms.ts` -->';
const ROOMS_END = '<!-- end of rooms -->';

/** A page with the table of rooms between its marks made anew. Throws where it has no marks. */
export function withRooms(page: string): string {
  const from = page.indexOf(ROOMS_BEGIN);
  const to = page.indexOf(ROOMS_END);
  if (from === -1 || to < from) throw new Error(`the page has no ${ROOMS_BEGIN} … ${ROOMS_END}`);
  const lines = [
    '| Room | What it holds | May import |',
    '| --- | --- | --- |',
    ...OTHERS.slice(0, 2).map(([place, holds, imports]) => `| ${place} | ${holds} | ${imports} |`),
    ...Object.entries(ROOMS).map(
      ([room, { holds, imports }]) => `| \`harness/${room}/\` | ${holds} | ${imports.join(', ') || 'node'} |`,
    ),
    ...OTHERS.slice(2).map(([place, holds, imports]) => `| ${place} | ${holds} | ${imports} |`),
  ];
  return `${page.slice(0, from)}${ROOMS_BEGIN}\n\n${lines.join('\n')}\n\n${page.slice(to)}`;
}
