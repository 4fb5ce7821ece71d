import { converges, expireCredentials, failureMode, shows } from '#lab.ts';
import { icebergSink } from './iceberg-sink.ts';

/** Temporary credentials end; a writer that has none is refused, and stops. */
export const credentials = failureMode({
  id: 'objects-credentials',
  title: 'Credentials expire',
  story:
    'The store refuses uploads. The writer stops with what it was told, and goes on where it was once it is started again.',
  variants: { iceberg: icebergSink },
  steps: [
    {
      id: 'expired',
      title: 'The credentials expire, and the writer is started again with new ones',
      fault: expireCredentials({ attended: true }),
      expect: { offsets: converges(), times: converges(), iceberg: converges() },
    },
    {
      id: 'expired-left',
      title: 'The credentials expire, and nobody starts the writer again',
      fault: expireCredentials({}),
      expect: { offsets: shows('stalled'), times: shows('stalled'), iceberg: shows('stalled') },
    },
  ],
});
