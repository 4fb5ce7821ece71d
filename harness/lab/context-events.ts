import type { LabEvent } from '#model/lab.ts';

/** What of an event an agent needs; undefined for samples, checks and waits, which come every second. */
export function eventText(event: LabEvent): string | undefined {
  switch (event.type) {
    case 'node':
      return `node ${event.node} is ${event.state}`;
    case 'phase':
      return `${event.step ?? event.mode} ${event.phase}: ${event.text}`;
    case 'fault':
      return `fault ${event.step} ${event.state}: ${event.text ?? event.kind}`;
    case 'note':
      return `${event.level}: ${event.text}`;
    case 'lab-alert':
      return `alert ${event.alert.until === null ? '' : 'over: '}${event.alert.text}`;
    case 'lab-causes':
      return `causes of ${event.variant}: ${event.causes.map(({ code }) => code).join(', ') || 'none any more'}`;
    case 'lab-writers':
      return `writers ${event.writers.state} at rate ${event.writers.rate}`;
    case 'lab-phase':
      return `the lab is ${event.phase}`;
    default:
      return undefined;
  }
}
