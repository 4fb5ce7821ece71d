import { copyIn } from '#appliers/builtin/copy-in.ts';
import { settingsOf } from '#appliers/builtin/settings.ts';
import type { Between } from '#engines/between.ts';
import { engineOf } from '#engines/index.ts';
import type { Database, Variant } from '#model/pipeline.ts';

/** A job that writes rows straight into a sink which another consumer fills: by key, over whatever is there. */
export function openCopyJob(
  sink: Database,
  name: string,
  { widePositions }: Pick<Between, 'widePositions'>,
): Pick<Variant, 'copyIn'> & AsyncDisposable {
  const written = engineOf(sink).sink.open({ url: sink.url, consumer: name, widePositions });
  const settings = settingsOf({ kind: 'builtin', title: name, mode: 'upsert' });
  return {
    copyIn: (table, rows, lsn) => copyIn(written, settings, Date.now(), { table, rows, lsn }),
    [Symbol.asyncDispose]: () => written[Symbol.asyncDispose](),
  };
}
