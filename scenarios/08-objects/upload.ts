import { converges, failureMode, killUpload, objects, shows } from '#lab.ts';
import { icebergSink } from './iceberg-sink.ts';

/** What is uploaded in one piece is there or not; whoever was killed does not know which. */
export const upload = failureMode({
  id: 'objects-upload',
  title: 'The writer is killed while it uploads an object',
  story: 'It reads the same records again, and writes them again: over the same object, or beside it.',
  variants: {
    parquet: objects({ title: 'objects of Parquet, named by the offset of their first record', format: 'parquet' }),
    iceberg: icebergSink,
  },
  steps: [
    {
      id: 'killed-upload',
      title: 'The writer is killed in the middle of an upload',
      fault: killUpload({ at: 'body' }),
      expect: { offsets: converges(), times: converges(), parquet: converges(), iceberg: converges() },
    },
    {
      id: 'killed-uploaded',
      title: 'The writer is killed when its object is there, and before its answer has come',
      fault: killUpload({ at: 'answer' }),
      expect: { offsets: converges(), times: shows('duplicate'), parquet: converges(), iceberg: converges() },
    },
  ],
});
