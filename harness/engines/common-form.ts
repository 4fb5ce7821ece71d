import type { Kind } from '#model/kind.ts';
import type { Engine } from './port/engine.ts';
import type { CommonForm, SideColumn } from './port/reconcile.ts';

/** How columns of two databases go together that are to be reconciled. */
export interface Pairing {
  /** True where values are compared in common forms, and not in forms of the one engine. */
  readonly byKind: boolean;
  /** The form of a pair; undefined where the two have none in common, and where pairs do not go by kind. */
  form(source: SideColumn, target: SideColumn): CommonForm | undefined;
  /** The two cannot be expected to hold equal values. */
  differ(source: SideColumn, target: SideColumn): boolean;
}

export function pairingOf(source: Engine, target: Engine): Pairing {
  const { pairing } = source.reconcile;
  if (source.name === target.name && pairing !== undefined) {
    return {
      byKind: false,
      form: () => undefined,
      differ: (left, right) => pairing(left, right) === 'different',
    };
  }
  const inBits = [source, target].some(({ reconcile }) => reconcile.floatsAsBits);
  return {
    byKind: true,
    form(left, right) {
      if (source.dialect.textless?.(left) === true || target.dialect.textless?.(right) === true) return undefined;
      const kinds = [source.dialect.kindOf(left), target.dialect.kindOf(right)] as const;
      const form = commonForm(...kinds, [left.type, right.type]);
      if (form === 'float') return inBits ? 'float-bits' : form;
      return form === 'text' && [left, right].some(({ type }) => PADDED.test(type)) ? 'padded-text' : form;
    },
    differ: () => false,
  };
}

const PADDED = /^n?char(acter)?(\(\d+\))?$/;

const INTEGERS: ReadonlySet<Kind['kind']> = new Set(['integer', 'boolean', 'year']);
const TIMESTAMPS: ReadonlySet<Kind['kind']> = new Set(['instant', 'local-timestamp', 'date']);
/** What only one engine has, such as PostgreSQL's enums and MariaDB's `inet6`, goes by its text. */
const TEXTS: ReadonlySet<Kind['kind']> = new Set(['text', 'enum', 'set', 'other']);
/** Types without a text. */
const TEXTLESS = /^(geometry|point|linestring|polygon|multi\w+|geometrycollection|vector)\b/;

/** The form in which values of two kinds can be compared exactly, in SQL of either engine. */
function commonForm(source: Kind, target: Kind, types: readonly string[] = []): CommonForm | undefined {
  const kinds = [source, target];
  const all = (family: ReadonlySet<Kind['kind']>) => kinds.every(({ kind }) => family.has(kind));
  const both = (kind: Kind['kind']) => kinds.every((each) => each.kind === kind);
  const either = (kind: Kind['kind']) => kinds.some((each) => each.kind === kind);
  if (all(INTEGERS)) return kinds.some(isWide) ? 'decimal' : 'integer';
  if (kinds.every(({ kind }) => INTEGERS.has(kind) || kind === 'decimal'))
    return either('boolean') ? undefined : 'decimal';
  if (both('bits')) return 'bits';
  // A bit(1) is a truth in either engine.
  if (kinds.every((kind) => kind.kind === 'boolean' || (kind.kind === 'bits' && kind.length === 1))) return 'integer';
  if (both('float')) return 'float';
  if (both('bytes')) return 'bytes';
  if (both('date')) return 'date';
  if (all(TIMESTAMPS)) return 'timestamp';
  if (kinds.every(({ kind }) => kind === 'local-time' || kind === 'duration') && !types.includes('interval'))
    return 'time';
  if (kinds.every(({ kind }) => kind === 'uuid' || kind === 'text') && either('uuid')) return 'uuid';
  return all(TEXTS) && !types.some((type) => TEXTLESS.test(type)) ? 'text' : undefined;
}

/** What no bigint holds. */
function isWide(kind: Kind): boolean {
  return kind.kind === 'integer' && kind.bits === 64 && kind.unsigned === true;
}
