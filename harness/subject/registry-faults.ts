import { emptyRegistry } from '#faults/empty-registry.ts';
import { killRegistry } from '#faults/kill-registry.ts';
import { refuseRegistry } from '#faults/refuse-registry.ts';
import { refuseSchema } from '#faults/refuse-schema.ts';
import { slowRegistry } from '#faults/slow-registry.ts';
import type { RegistryFaultEntry } from './fault-schema.ts';
import type { Mechanism } from './network-faults.ts';

/** How much later the registry's answers arrive, each way, where nobody says. */
const LATENCY_MS = 500;
const STATUS = 503;

/** What a registry says with each status. */
const MESSAGES: Readonly<Record<NonNullable<RegistryFaultEntry['status']>, string>> = {
  409: 'Schema being registered is incompatible with an earlier schema',
  422: 'Input schema is an invalid Avro schema',
  500: 'Error in the backend data store',
  503: 'The registry is not available',
};

/** A fault of the schema registry. */
export function registryFault(entry: RegistryFaultEntry): Mechanism {
  const { fault, group = 'source', attended, status = STATUS, latency_ms: latencyMs = LATENCY_MS } = entry;
  const asking = group === 'source' ? 'source' : 'consumers';
  switch (fault) {
    case 'kill-registry':
      return { title: 'The schema registry is killed while it is needed', fault: killRegistry({ asking, attended }) };
    case 'empty-registry':
      return { title: 'The schema registry loses its schemas', fault: emptyRegistry({ asking }) };
    case 'slow-registry':
      return { title: 'The schema registry is slow while it is needed', fault: slowRegistry({ latencyMs }) };
    case 'refuse-registry':
      return {
        title: `The schema registry answers ${status}`,
        fault: refuseRegistry({ status, message: MESSAGES[status], attended }),
      };
    case 'refuse-schema':
      return { title: "The schema registry refuses the connector's schema (409)", fault: refuseSchema({ attended }) };
  }
}
