import type {
  Asked,
  Behind,
  CaptureSetUp,
  ManagingCommands,
  SetUpCause,
  SetUpDiagnosis,
  SetUpFacts,
} from '#model/set-up.ts';
import { megabytes } from '../causes/slots.ts';
import { again } from './anew.ts';
import type { SetUpEntry } from './entry.ts';
import { SET_UP_CAUSES } from './index.ts';
import { reportedCauses } from './reported.ts';
import { offerOf } from './safe.ts';

/**
 * The causes in the order of the table, which is that in which a start needs things: what is wrong first may be why the rest
 * is. Where none fits and the pipeline has failed, its own words stand in their place.
 */
export function diagnoseSetUp(facts: SetUpFacts, table: readonly SetUpEntry[] = SET_UP_CAUSES): SetUpDiagnosis {
  const { pipeline } = facts;
  const found = causesIn(facts, table);
  const looked = lookedAt(facts);
  return {
    ...{ pipeline: pipeline.name, status: pipeline.status },
    causes: (found.length === 0 && pipeline.status === 'ERROR' ? [unexplained(facts, looked)] : found).map((cause) =>
      withOffer(cause, pipeline.commands),
    ),
    looked_at: looked,
    ...{ last_error: pipeline.lastError ?? null, last_error_at: pipeline.lastErrorAt ?? null },
  };
}

function withOffer(cause: SetUpCause, commands: ManagingCommands): SetUpCause {
  const offer = offerOf(cause.fix, commands);
  return offer === undefined ? cause : { ...cause, fix: { ...cause.fix, offer } };
}

function causesIn(facts: SetUpFacts, table: readonly SetUpEntry[]): SetUpCause[] {
  const { commands, foreign } = facts.pipeline;
  const found = table.flatMap((entry) => {
    const one = entry.find(facts);
    return one === undefined ? [] : [{ code: entry.code, docs: entry.docs, ...one }];
  });
  const codes = new Set(found.map(({ code }) => code));
  const said = table.filter(({ code }) => codes.has(code)).flatMap(({ code, insteadOf = [] }) => [code, ...insteadOf]);
  const reported = reportedCauses(facts).filter(({ code }) => !said.includes(code));
  const failed = (code: string): boolean => code.endsWith('-connector-failed');
  const at = found.findIndex(({ code }) => failed(code));
  const all = at === -1 ? found : found.toSpliced(at, 0, ...reported);
  const explained = new Set(all.map(({ explains }) => `${explains}-connector-failed`));
  return all
    .filter(({ code }) => !explained.has(code))
    .map(({ explains, notes = [], check = [`${commands.diagnose} does not name it any more`], ...cause }) => {
      // What has failed does not come up by itself once its reason is gone.
      const left = explains !== undefined || foreign ? [`then ${commands.start.join('; ')}`] : [];
      return { ...cause, check, notes: [...notes, ...(cause.fix.by === 'command' ? [] : left)] };
    });
}

function unexplained({ pipeline }: SetUpFacts, looked: readonly string[]): SetUpCause {
  const { name, lastError = 'none was kept', lastErrorAt } = pipeline;
  return {
    code: 'unexplained',
    says: `${name} has failed, and nothing is wrong now with what was looked at.`,
    evidence: [
      `the last error of the pipeline${lastErrorAt === undefined ? '' : `, of ${lastErrorAt}`}: ${lastError}`,
      ...looked,
    ],
    fix: again({ pipeline }),
    notes: ['what was wrong may be fixed by now: a start then comes up; otherwise its error is a new one'],
    check: [pipeline.commands.status],
    docs: 'https://debezium.io/documentation/reference/stable/',
    certainty: 'unknown',
  };
}

/** What was read, and where: a sentence each. */
function lookedAt({ pipeline, source, target, brokers, sourceConnect, sinkConnect, unresolved }: SetUpFacts): string[] {
  const line = <T>(what: string, asked: Asked<T> | undefined, tell: (read: T) => string): string[] =>
    asked === undefined
      ? []
      : [`${what} ${asked.place.where}: ${'read' in asked ? tell(asked.read) : `not read: ${asked.refusal.says}`}`];
  return [
    ...(pipeline.foreign
      ? []
      : [
          `the state: status ${pipeline.status}, cdc_status ${pipeline.cdcStatus}, ${pipeline.loaded ? 'loaded' : 'not loaded'}`,
        ]),
    ...unresolved.map(
      ({ whose, reference, refused }) =>
        `the address of ${whose}: ${reference} ${refused === undefined ? 'stands for nothing' : 'is not had from Vault'}`,
    ),
    ...line('the source', source, ({ tables, capture }) =>
      [
        `${tables.length} of ${pipeline.tables.length} tables, their keys and rights`,
        ...(capture === undefined || !pipeline.cdc
          ? []
          : [
              `wal_level ${capture.settings.wal_level}, ${capture.slots.length} slots, ${capture.senders} WAL senders`,
              ...slotLines(capture.slots, pipeline.mark),
            ]),
      ].join('; '),
    ),
    ...line('the target', target, ({ tables }) => {
      const there = tables.filter(({ exists }) => exists).length;
      if (pipeline.foreign) return 'it answers, and what constrains its tables';
      return `${there} of ${tables.length} tables, their columns and rights`;
    }),
    ...line('the brokers', brokers, ({ wanted, topics, behind }) => {
      const there = wanted.filter((topic) => topics.includes(topic)).length;
      return [`${there} of the ${wanted.length} topics`, ...(behind === undefined ? [] : [behindLine(behind)])].join(
        '; ',
      );
    }),
    ...line('the workers of the source connector', sourceConnect, connectorLine),
    ...line('the workers of the sink connector', sinkConnect, connectorLine),
  ];
}

function slotLines(slots: CaptureSetUp['slots'], name: string): string[] {
  const bytes = slots.find((slot) => slot.name === name)?.unconfirmedBytes;
  return bytes === undefined ? [] : [`${megabytes(bytes)} of WAL not confirmed in the slot ${name}`];
}

function behindLine({ group, partitions, records, gone }: Behind): string {
  if (partitions === 0) return `the group ${group} has committed no offset`;
  const lost = gone === 0n ? '' : `, and ${gone} more are gone that it had not read`;
  return `the group ${group} is ${records} ${records === 1n ? 'record' : 'records'} behind${lost}`;
}

function connectorLine({
  plugins,
  name,
  connector,
}: Extract<SetUpFacts['sinkConnect'], { read: unknown }>['read']): string {
  const states =
    connector === undefined ? 'not there' : [connector.state, ...connector.tasks.map(({ state }) => state)].join(', ');
  return `${plugins.length} plugins; ${name}: ${states}`;
}
