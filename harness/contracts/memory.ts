import Type from 'typebox';
import { pipelineStateShape, recoveredShape } from './lab-report.ts';
import { list, optional, type Said, shape } from './schema.ts';

/** So long a note may be, so many come at once, and so many are kept of each kind: the newest. */
const NOTE_CHARACTERS_MAX = 500;
const NOTES_AT_ONCE_MAX = 20;
export const NOTES_KEPT_MAX = 100;

/** What is known of a pipeline from earlier. `GET /api/v1/memory` */
export const memoryShape = shape({
  pipeline_state: pipelineStateShape,
  recovery_history: list(recoveredShape, "the lab's own first, then those that were noted, oldest first"),
});

export type LabAgentMemory = Said<typeof memoryShape>;

const notes = (description: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: NOTE_CHARACTERS_MAX }), {
    maxItems: NOTES_AT_ONCE_MAX,
    description,
  });

/** What whoever operates the pipeline notes. Body of `POST /api/v1/memory` */
export const noteRequestShape = shape(
  {
    known_issues: optional(notes('issues that are known from now on')),
    resolved_issues: optional(notes('noted issues, word for word, that are known no more')),
    recent_failures: optional(notes('failures, each with what became of it')),
    recovery_history: optional(
      Type.Array(
        shape({
          type: Type.String({
            minLength: 1,
            maxLength: NOTE_CHARACTERS_MAX,
            description: 'the failure mode, or the recovery',
          }),
          duration_seconds: Type.Number({ minimum: 0 }),
          events_replayed: Type.Integer({ minimum: 0 }),
        }),
        { maxItems: NOTES_AT_ONCE_MAX },
      ),
    ),
  },
  undefined,
  { minProperties: 1 },
);

export type NoteRequest = Said<typeof noteRequestShape>;
