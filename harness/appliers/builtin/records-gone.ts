import { OperatorError } from '#std/errors.ts';
import type { Jump } from './feed.ts';

/** What ends an applier that must leave nothing out, where the log no longer holds what it would read next. */
export function recordsGone({ partition, from, to }: Jump): OperatorError {
  return new OperatorError({
    code: 'records-gone',
    message: `${partition} no longer holds what comes at offset ${from}: changes up to offset ${to} are lost`,
    expected: 'a retention that outlasts the time for which nobody reads',
    found: `the log begins at offset ${to}`,
    hint: 'delete the pipeline and create it anew; give its topics a longer retention',
    exit: 1,
  });
}
