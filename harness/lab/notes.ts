import { existsSync, readFileSync } from 'node:fs';
import type { LabReport } from '#contracts/lab-report.ts';
import { type LabAgentMemory, NOTES_KEPT_MAX, type NoteRequest } from '#contracts/memory.ts';
import { messageOf } from '#std/errors.ts';
import { type LabHome, writePrivate } from './home.ts';
import { damaged, excerpt, isRecord, parsed } from './state.ts';

/** What whoever operates the lab has noted of it: kept in its home until it is removed. */
export type LabNotes = Required<Omit<NoteRequest, 'resolved_issues'>>;

const NONE: LabNotes = { known_issues: [], recent_failures: [], recovery_history: [] };

/** Throws an OperatorError (`state-damaged`) for a file that holds no notes. */
export function readNotes({ notes }: LabHome): LabNotes {
  if (!existsSync(notes)) return NONE;
  let text: string;
  try {
    text = readFileSync(notes, 'utf8');
  } catch (cause) {
    throw damaged('what was noted of the lab cannot be read', notes, messageOf(cause));
  }
  const found = parsed(text);
  if (isNotes(found)) return found;
  throw damaged('what was noted of the lab is damaged, or of another version', notes, excerpt(text));
}

function isNotes(value: unknown): value is LabNotes {
  return isRecord(value) && Object.keys(NONE).every((name) => Array.isArray(value[name]));
}

/** Adds what is noted, on the disk before it returns. The newest are kept. */
export function note(home: LabHome, request: NoteRequest): LabNotes {
  const before = readNotes(home);
  const resolved = new Set(request.resolved_issues);
  const issues = [...before.known_issues, ...(request.known_issues ?? [])].filter((one) => !resolved.has(one));
  const after: LabNotes = {
    known_issues: newest([...new Set(issues)]),
    recent_failures: newest([...before.recent_failures, ...(request.recent_failures ?? [])]),
    recovery_history: newest([...before.recovery_history, ...(request.recovery_history ?? [])]),
  };
  writePrivate(home.notes, JSON.stringify(after));
  return after;
}

function newest<T>(all: readonly T[]): readonly T[] {
  return all.slice(-NOTES_KEPT_MAX);
}

/** The memory of a pipeline: what the lab saw itself, with what was noted. */
export function memoryOf({ pipeline_state, recovery_history }: LabReport, notes: LabNotes): LabAgentMemory {
  return {
    pipeline_state: {
      ...pipeline_state,
      known_issues: [...pipeline_state.known_issues, ...notes.known_issues],
      recent_failures: [...pipeline_state.recent_failures, ...notes.recent_failures],
    },
    recovery_history: [...recovery_history, ...notes.recovery_history],
  };
}
