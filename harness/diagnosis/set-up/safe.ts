import type { ManagingCommands, SetUpFix } from '#model/set-up.ts';

const IDENTIFIER = String.raw`(?:"(?:[^"]|"")*"|\`[^\`]*\`|[\w$]+)`;
const TABLE = String.raw`(?:TABLE )?${IDENTIFIER}(?:\.${IDENTIFIER})*`;

/** Statements that give a right or add what was not there. Each takes nothing away that anybody has. */
const ADDS: readonly RegExp[] = [
  /^GRANT [^;]+ TO [^;]+$/,
  new RegExp(`^ALTER ROLE ${IDENTIFIER} (?:REPLICATION|LOGIN)$`),
  /^CREATE PUBLICATION [^;]+$/,
  new RegExp(`^ALTER PUBLICATION ${IDENTIFIER} ADD TABLE [^;]+$`),
  new RegExp(String.raw`^ALTER TABLE ${TABLE} ADD (?:COLUMN )?["\`\[](?:[^;])+$`),
];

/**
 * Where a fix may be made that is safe: at one of the databases by its statements, or by starting what has ended. Undefined for one
 * that changes or removes what is there, has a gap that only a person can fill, or is to be done by hand.
 */
export function offerOf({ by, at, run }: SetUpFix, { start }: Pick<ManagingCommands, 'start'>): SetUpFix['offer'] {
  if (by === 'command') return run.join('\n') === start.join('\n') ? 'start' : undefined;
  if (by === 'hand' || run.length === 0 || !run.every(adds)) return undefined;
  if (at.startsWith('the source')) return 'source';
  return at.startsWith('the target') ? 'target' : undefined;
}

function adds(statement: string): boolean {
  return !statement.includes('…') && ADDS.some((shape) => shape.test(statement));
}
