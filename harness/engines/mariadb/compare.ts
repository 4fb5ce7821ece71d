import { compareByKinds } from '#engines/canonical-rows.ts';
import type { ComparePort } from '#engines/port/compare.ts';
import { readCatalog } from './catalog.ts';
import { kindOf } from './kinds.ts';
import { ordersAlike } from './ranges.ts';
import { openReadView } from './read.ts';

export const compare: ComparePort = { ...compareByKinds(kindOf), readCatalog, openReadView, ordersAlike };
