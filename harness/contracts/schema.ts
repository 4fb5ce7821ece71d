import Type, { type Static, type TObject, type TProperties, type TSchema } from 'typebox';

/**
 * The words that shapes are written in. A shape is a JSON Schema: routes check requests against it, the OpenAPI document and
 * agents' tools show it, and {@link Said} makes the TypeScript type of it. A description is for whoever reads the document.
 */

/** What a shape describes: readonly all through. */
export type Said<T extends TSchema> = DeepReadonly<Static<T>>;

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Name in keyof T]: DeepReadonly<T[Name]> }
    : T;

/** What a text, a number or a switch may say of itself. */
interface Told {
  readonly description?: string;
  readonly examples?: readonly unknown[];
}

export const text = (description?: string, more: Told = {}) => Type.String(told(description, more));

/** A time as ISO 8601 has it, in UTC. */
export const time = (description?: string) => Type.String({ format: 'date-time', ...told(description) });

/** The address of a page. */
export const address = (description?: string) => Type.String({ format: 'uri', ...told(description) });

export const number = (description?: string, more: Limits = {}) => Type.Number({ ...told(description), ...more });

export const whole = (description?: string, more: Limits = {}) => Type.Integer({ ...told(description), ...more });

export const flag = (description?: string) => Type.Boolean(told(description));

/** A figure: a number, or a text where it is none. */
export const numberOrText = () => Type.Unsafe<number | string>({ type: ['number', 'string'] });

/** One of these texts. */
export const oneOf = <const T extends readonly string[]>(values: T, description?: string) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: values, ...told(description) });

export const list = <T extends TSchema>(items: T, description?: string) => Type.Array(items, told(description));

/** Values of one kind by names that are not known beforehand. */
export const map = <T extends TSchema>(values: T, description?: string) =>
  Type.Unsafe<Record<string, Static<T>>>({ type: 'object', additionalProperties: values, ...told(description) });

export const nullable = <T extends TSchema>(schema: T, description?: string) =>
  Type.Union([schema, Type.Null()], told(description));

export const optional = Type.Optional;

/** Every property must be there but for those that are {@link optional}; no other may. */
export const shape = <T extends TProperties>(
  properties: T,
  description?: string,
  more: { readonly minProperties?: number } = {},
): TObject<T> => Type.Object(properties, { additionalProperties: false, ...told(description), ...more });

/** A body that may be left out. */
export const orNothing = <T extends TProperties>({ properties }: TObject<T>) =>
  Type.Unsafe<Static<TObject<T>> | null>({ type: ['object', 'null'], properties, additionalProperties: false });

interface Limits {
  readonly minimum?: number;
  readonly maximum?: number;
}

function told(description: string | undefined, more: Told = {}): { description?: string } {
  return description === undefined ? more : { description, ...more };
}
