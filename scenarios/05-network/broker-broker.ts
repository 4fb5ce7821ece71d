import { hop } from './hop.ts';

export const brokerBroker = hop({
  between: ['broker', 'broker'],
  title: 'Brokers cut off from each other',
  story: 'Replicas fall behind and are left out; what was acknowledged stays.',
});
