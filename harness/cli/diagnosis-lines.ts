import type { SetUpCause, SetUpDiagnosis } from '#model/set-up.ts';

/** A diagnosis for a person: its causes, first cause first, and what was looked at. */
export function diagnosisLines({
  pipeline,
  status,
  causes,
  looked_at,
  last_error,
  last_error_at,
}: SetUpDiagnosis): string[] {
  const found =
    causes.length === 0
      ? `${pipeline} (${status}): nothing wrong was found`
      : `${pipeline} (${status}): ${causes.length} ${causes.length === 1 ? 'cause' : 'causes'}`;
  return [
    found,
    ...causes.flatMap((cause, at) => ['', ...causeLines(cause, at + 1)]),
    '',
    ...block('looked at', looked_at),
    ...(last_error === null
      ? []
      : block(`last error${last_error_at === null ? '' : `, ${last_error_at}`}`, [last_error])),
  ];
}

/** One cause, under its number. */
export function causeLines({ code, says, evidence, fix, notes, check, docs }: SetUpCause, number: number): string[] {
  return [
    `${number}. ${says} (${code})`,
    ...block('   read', evidence),
    ...block(`   fix, ${fix.at}`, fix.run),
    ...block('   note', notes),
    ...block('   then', check),
    `   docs: ${docs}`,
  ];
}

/** A heading over lines that are deeper by two. */
function block(heading: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const depth = ' '.repeat(heading.length - heading.trimStart().length + 2);
  return [`${heading}:`, ...lines.map((line) => `${depth}${line}`)];
}
