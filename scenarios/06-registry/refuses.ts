import { converges, failureMode, refuseRegistry, refuseSchema, shows } from '#lab.ts';

const all = { insert: shows([], ['duplicate']), upsert: converges(), dedup: converges(), 'debezium-jdbc': converges() };
const stalled = shows('stalled', ['duplicate']);

/** A schema that the registry does not take ends the source connector's task: nothing is captured until it is taken. */
export const refuses = failureMode({
  id: 'registry-refuses',
  title: 'The registry refuses schemas',
  story: 'The source connector stops at the first record of such a schema, and reads on from there once it is taken.',
  steps: [
    {
      id: 'incompatible',
      title: 'A schema is not compatible with the one in its subject (409), until the mode is relaxed',
      fault: refuseSchema({ attended: true }),
      live: { takes: ['seconds'] },
      expect: all,
    },
    {
      id: 'invalid',
      title: 'The registry takes a schema for invalid (422) for a while',
      fault: refuseRegistry({ status: 422, message: 'Input schema is an invalid Avro schema', attended: true }),
      live: { takes: ['seconds'] },
      expect: all,
    },
    {
      id: 'failing',
      title: 'The registry fails at every request (500) for a while',
      fault: refuseRegistry({ status: 500, message: 'Error in the backend data store', attended: true }),
      live: { takes: ['seconds'] },
      expect: all,
    },
    {
      id: 'incompatible-left',
      title: 'A schema is not compatible with the one in its subject (409), and nobody does anything about it',
      fault: refuseSchema({}),
      live: { takes: ['seconds'] },
      expect: { insert: stalled, upsert: stalled, dedup: stalled, 'debezium-jdbc': stalled },
    },
  ],
});
