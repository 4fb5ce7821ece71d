import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NOTES_KEPT_MAX } from '#contracts/memory.ts';
import { labReport } from '#testing/lab-answers.ts';
import { type LabHome, labHome, makeHome, removeHome } from './home.ts';
import { memoryOf, note, readNotes } from './notes.ts';

let folder: string;
let home: LabHome;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-notes-'));
  home = labHome({ DRIFTLAB_HOME: join(folder, 'live') });
});
afterEach(() => rmSync(folder, { recursive: true }));

test('what is noted is kept, the newest of it, and an issue that is resolved is known no more', () => {
  expect(readNotes(home)).toEqual({ known_issues: [], recent_failures: [], recovery_history: [] });
  note(home, {
    known_issues: ['slow sink', 'old slot'],
    recovery_history: [{ type: 'lag', duration_seconds: 2, events_replayed: 7 }],
  });
  note(home, { known_issues: ['slow sink'], resolved_issues: ['old slot'] });
  for (let one = 0; one < NOTES_KEPT_MAX + 1; one++) note(home, { recent_failures: [`failure ${one}`] });
  const kept = readNotes(home);
  expect(kept).toMatchObject({ known_issues: ['slow sink'], recovery_history: [{ type: 'lag' }] });
  expect([kept.recent_failures.length, kept.recent_failures[0]]).toEqual([NOTES_KEPT_MAX, 'failure 1']);
});

test('the memory has what the lab saw before what was noted', () => {
  const report = labReport();
  const memory = memoryOf(report, note(home, { known_issues: ['slow sink'], recent_failures: ['lag, recovered'] }));
  expect(memory.pipeline_state).toEqual({
    ...report.pipeline_state,
    known_issues: [...report.pipeline_state.known_issues, 'slow sink'],
    recent_failures: [...report.pipeline_state.recent_failures, 'lag, recovered'],
  });
});

test('notes that are damaged are named, and what is removed with the lab are its own', () => {
  makeHome(home);
  note(home, { known_issues: ['one'] });
  writeFileSync(home.notes, '{"known_issues":3}');
  expect(() => readNotes(home)).toThrow(/noted of the lab is damaged/);
  expect(removeHome(home)).toEqual([]);
});
