/** Changes of a file after which nothing that anybody can see is different, so that no test can notice them. */
interface Group {
  readonly file: string;
  readonly reason: string;
  /** The code that is replaced and what stands there instead, blanks made one. */
  readonly changes: readonly (readonly [original: string, replacement: string])[];
}

export interface Equivalent {
  readonly file: string;
  readonly original: string;
  readonly replacement: string;
  readonly reason: string;
}

const GROUPS: readonly Group[] = [
  {
    file: 'harness/diagnosis/causes/altered.ts',
    reason: 'what TypeScript demands: these values are all shifted',
    changes: [
      ["alteration?.kind === 'shifted'", 'true'],
      ['alteration?.kind', 'alteration.kind'],
      ['[]', '["Stryker was here"]'],
    ],
  },
  {
    file: 'harness/diagnosis/causes/altered.ts',
    reason: 'an offset of zero is no shift',
    changes: [['ms > 0', 'ms >= 0']],
  },
  {
    file: 'harness/diagnosis/causes/publication.ts',
    reason:
      'what TypeScript demands: without a finding the cause is dropped anyway, and what has no column is left out',
    changes: [
      ['table === undefined', 'false'],
      ['publication.columns[table]?.join', 'publication.columns[table].join'],
      ['[]', '["Stryker was here"]'],
    ],
  },
  {
    file: 'harness/engines/canonical-text.ts',
    reason: 'what TypeScript demands: the value is there whenever this is reached',
    changes: [["''", '"Stryker was here!"']],
  },
  {
    file: 'harness/engines/canonical-text.ts',
    reason: 'an exponent of zero is not written',
    changes: [['exponent < 0', 'exponent <= 0']],
  },
  {
    file: 'harness/engines/canonical-text.ts',
    reason: 'nine digits name every number of 32 bits',
    changes: [['precision < 9', 'precision <= 9']],
  },
  {
    file: 'harness/engines/mariadb/kinds.ts',
    reason: 'a value that matches nothing, as the empty one does',
    changes: [
      ['[]', '["Stryker was here"]'],
      ["''", '"Stryker was here!"'],
    ],
  },
  {
    file: 'harness/engines/mariadb/kinds.ts',
    reason: 'the function ends there, with undefined',
    changes: [
      ["'array'", '""'],
      ["'other'", '""'],
      ["case 'other': return undefined;", "case 'other':"],
    ],
  },
  {
    file: 'harness/engines/mariadb/apply-statements.ts',
    reason: 'no rows need no statements, whatever their key',
    changes: [['[]', '["Stryker was here"]']],
  },
  {
    file: 'harness/engines/mariadb/apply-statements.ts',
    reason: 'what TypeScript demands: the value is there whenever this is reached',
    changes: [["''", '"Stryker was here!"']],
  },
  {
    file: 'harness/engines/mariadb/input-text.ts',
    reason: 'MariaDB has no such type',
    changes: [
      ["'local-time'", '""'],
      ["'array'", '""'],
    ],
  },
  {
    file: 'harness/engines/mariadb/input-text.ts',
    reason: 'what TypeScript demands: the value is there whenever this is reached',
    changes: [["''", '"Stryker was here!"']],
  },
  {
    file: 'harness/engines/mariadb/input-text.ts',
    reason: 'as a number, an empty text is zero',
    changes: [["'0'", '""']],
  },
  {
    file: 'harness/engines/mariadb/input-text.ts',
    reason: 'a shortcut: a text has no more characters than code units',
    changes: [
      ['text.length > length', 'true'],
      ['text.length > length', 'text.length >= length'],
    ],
  },
  {
    file: 'harness/engines/mariadb/sink-ddl.ts',
    reason: 'a value that matches nothing, as the empty one does',
    changes: [["''", '"Stryker was here!"']],
  },
  {
    file: 'harness/engines/mariadb/sink-ddl.ts',
    reason: 'what has no type of its own is stored as text',
    changes: [
      ["{ kind: 'text' }", '{}'],
      ["'text'", '""'],
      ["'longtext'", '""'],
    ],
  },
  {
    file: 'harness/engines/mariadb/sink-ddl.ts',
    reason: 'no integer of an event is wider than the 64 bits of what has no bits',
    changes: [["kind.kind !== 'integer'", 'false']],
  },
  {
    file: 'harness/engines/postgres/apply-bookkeeping.ts',
    reason: 'equal values: either may be kept',
    changes: [['guard > known', 'guard >= known']],
  },
  {
    file: 'harness/engines/postgres/canonical.ts',
    reason: 'two equal types are in none of the tables that follow',
    changes: [['left === right', 'false']],
  },
  {
    file: 'harness/engines/postgres/ddl.ts',
    reason: 'what TypeScript demands: the value is there whenever this is reached',
    changes: [['parameters?.scale', 'parameters.scale']],
  },
  {
    file: 'harness/engines/postgres/ddl.ts',
    reason: 'a value that matches nothing, as the empty one does',
    changes: [["''", '"Stryker was here!"']],
  },
  {
    file: 'harness/engines/postgres/ddl.ts',
    reason: 'no type is wider than an unknown one',
    changes: [['wanted === undefined', 'false']],
  },
  {
    file: 'harness/engines/postgres/digests.ts',
    reason: 'whatever is not the source is the other side',
    changes: [["'target'", '""']],
  },
  {
    file: 'harness/engines/postgres/lsn.ts',
    reason: 'the text of null or undefined is no LSN',
    changes: [
      ['text === null || text === undefined', 'false'],
      ['text === null || text === undefined', 'text === null && text === undefined'],
      ['text === null', 'false'],
      ['text === undefined', 'false'],
    ],
  },
  {
    file: 'harness/engines/postgres/numbers.ts',
    reason: 'what TypeScript demands: the value is there whenever this is reached',
    changes: [['type !== undefined', 'true']],
  },
  {
    file: 'harness/engines/postgres/numbers.ts',
    reason: 'no type has its length elsewhere but at its end, or is compared then',
    changes: [['/\\(\\d+\\)$/', '/\\(\\d+\\)/']],
  },
  {
    file: 'harness/engines/postgres/numbers.ts',
    reason: 'a value that matches nothing, as the empty one does',
    changes: [["''", '"Stryker was here!"']],
  },
  {
    file: 'harness/engines/postgres/reconcile/forms.ts',
    reason: 'whatever is not the source is the other side',
    changes: [["'sink'", '""']],
  },
  {
    file: 'harness/engines/postgres/reconcile/repair.ts',
    reason: 'what TypeScript demands: the value is there whenever this is reached',
    changes: [
      ['plan.columns[place]?.name', 'plan.columns[place].name'],
      ["''", '"Stryker was here!"'],
    ],
  },
  {
    file: 'harness/verify/judge/came-back.ts',
    reason: 'a comparison with undefined is false anyway',
    changes: [['goneLsn === undefined', 'false']],
  },
  {
    file: 'harness/verify/judge/came-back.ts',
    reason: 'what is before the delete is never above the newest of it',
    changes: [
      ['noted.slice(last + 1)', 'noted'],
      ['last + 1', 'last - 1'],
    ],
  },
  {
    file: 'harness/verify/judge/came-back.ts',
    reason: 'equal values: either may be kept',
    changes: [['lsn > max', 'lsn >= max']],
  },
  {
    file: 'harness/verify/judge/hop.ts',
    reason: 'what TypeScript demands: the value is there whenever this is reached',
    changes: [['log?.image', 'log.image']],
  },
  {
    file: 'harness/verify/judge/hop.ts',
    reason: 'a comparison with undefined is false anyway',
    changes: [['log.last.lsn !== undefined', 'true']],
  },
  {
    file: 'harness/verify/judge/judge-facts.ts',
    reason: 'a value that matches nothing, as the empty one does',
    changes: [['[]', '["Stryker was here"]']],
  },
  {
    file: 'harness/verify/judge/judge-key.ts',
    reason: 'what TypeScript demands: the value is there whenever this is reached',
    changes: [
      ['source === undefined', 'false'],
      ['first === undefined', 'false'],
      ["''", '"Stryker was here!"'],
      ['first !== undefined', 'true'],
    ],
  },
  {
    file: 'harness/verify/judge/judge-key.ts',
    reason: 'a comparison with undefined is false anyway',
    changes: [['lsn !== undefined', 'true']],
  },
  {
    file: 'harness/verify/judge/judge-transaction.ts',
    reason: 'a value that matches nothing, as the empty one does',
    changes: [['[]', '["Stryker was here"]']],
  },
  {
    file: 'harness/verify/judge/judge-transaction.ts',
    reason: 'a comparison with undefined is false anyway',
    changes: [['lsn !== undefined', 'true']],
  },
  {
    file: 'harness/verify/judge/judge-transaction.ts',
    reason: 'the function ends there, with undefined',
    changes: [['default: return undefined;', 'default:']],
  },
  {
    file: 'harness/verify/judge/judge-variant.ts',
    reason: 'a value that matches nothing, as the empty one does',
    changes: [['[]', '["Stryker was here"]']],
  },
  {
    file: 'harness/verify/judge/judge-variant.ts',
    reason: 'counts of zero are left out of the sum',
    changes: [
      ['violated.length > 0', 'true'],
      ['violated.length > 0', 'violated.length >= 0'],
    ],
  },
  {
    file: 'harness/verify/judge/overtaken.ts',
    reason: 'a comparison with undefined is false anyway',
    changes: [['sinkLsn === undefined', 'false']],
  },
  {
    file: 'harness/verify/judge/overtaken.ts',
    reason: 'equal values: either may be kept',
    changes: [['lsn > newest', 'lsn >= newest']],
  },
  {
    file: 'harness/verify/judge/overtaken.ts',
    reason: 'a change does not stand before itself',
    changes: [['newest === sinkLsn', 'false']],
  },
  {
    file: 'harness/verify/judge/overtaken.ts',
    reason: 'two changes of different LSNs never stand at one place',
    changes: [['older < newer', 'older <= newer']],
  },
  {
    file: 'harness/verify/judge/overtaken.ts',
    reason: 'what TypeScript demands: the value is there whenever this is reached',
    changes: [['changes[newer]?.ref', 'changes[newer].ref']],
  },
  {
    file: 'harness/verify/judge/settled.ts',
    reason: 'a comparison with undefined is false anyway',
    changes: [['last.lsn !== undefined', 'true']],
  },
];

export const EQUIVALENT: readonly Equivalent[] = GROUPS.flatMap(({ file, reason, changes }) =>
  changes.map(([original, replacement]) => ({ file, original, replacement, reason })),
);
