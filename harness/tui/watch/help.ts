import type { LabMode } from '#model/lab.ts';
import { left } from '../fit.ts';
import { FAULT_KEYS } from './keys.ts';
import { type View, verdictText } from './view.ts';

const FAULTS: Readonly<Record<LabMode, string>> = {
  restart: 'Connect is killed before it flushes its offsets',
  lag: 'the consumers pause; ←→ retention: records expire, too',
  schema: 'a column is added at the source and used at once',
  duplicate: 'the connector reads every table again',
  backfill: 'old rows in bulk; ←→ direct-copy: a job bypasses the log',
};

const KEYS: readonly (readonly [string, string])[] = [
  ['x', 'heal the active fault early'],
  ['p', 'pause or resume the writers'],
  ['↑ ↓', 'move between variants; Tab: between anomalies'],
  ['Enter', 'on a variant: its anomalies; on an anomaly: open it'],
  ['v', 'anomalies of the chosen variant only, or of all'],
  ['Esc', 'back'],
  ['q', 'leave; the lab goes on'],
];

/** What every key does and every sign means, within 80 × 24. */
export function helpScreen({ paint }: View): string[] {
  const row = (key: string, text: string) => `  ${paint('strong', left(key, 7))}${text}`;
  return [
    paint('strong', 'Keys'),
    ...[...FAULT_KEYS].map(([key, mode]) => row(key, `${left(mode, 10)} ${FAULTS[mode]}`)),
    row('', '↑↓ sets how long or how many; Enter injects, Esc cancels'),
    ...KEYS.map(([key, text]) => row(key, text)),
    '',
    paint('strong', 'Signs'),
    `  ${verdictText('PASS')}: the sink equals the source   ${verdictText('WARN')}: a count is wrong, no value is`,
    `  ${verdictText('FAIL')}: rows are wrong   ${verdictText('SYNC_IN_PROGRESS')}: late, not lost   ${verdictText('UNKNOWN')}: not judged`,
    '  ~12: keys in flight, counted and not judged   lag: age of the oldest unread',
    '  ✓ runs   ‖ paused   … starting   ✗ down   full: value of a full bar',
    '',
    paint('dim', 'any key goes back'),
  ];
}
