import type { CatalogueMode } from '#contracts/catalogue.ts';
import { left } from '../fit.ts';
import { faultKeys } from './choices.ts';
import { type View, verdictText } from './view.ts';

/** Lines that the keys of faults may take: the screen has 24. */
const FAULTS_MAX = 5;

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
export function helpScreen({ paint, state }: View): string[] {
  const row = (key: string, text: string) => `  ${paint('strong', left(key, 7))}${text}`;
  return [
    paint('strong', 'Keys'),
    ...[...faultKeys(state)].slice(0, FAULTS_MAX).map(([key, { id, steps }]) => row(key, faultText(id, steps))),
    row('f', 'every fault, one by one; ←→ step, ↑↓ how long or many; Enter, Esc'),
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

function faultText(id: string, [first]: CatalogueMode['steps']): string {
  return `${left(id, 10)} ${first?.title ?? ''}`.slice(0, 69);
}
