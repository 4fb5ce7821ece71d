/** How JSON carries what it has no word for. No value of ours has an object of one of these shapes of its own. */
interface TaggedBigint {
  readonly $bigint: string;
}
interface TaggedUndefined {
  readonly $undefined: true;
}

/**
 * A value as one line of JSON, without the line's end. Bigints become `{"$bigint":"…"}`, and an array's undefined members
 * `{"$undefined":true}`; an object's undefined members are left out.
 */
export function encodeLine(value: object): string {
  return JSON.stringify(value, function (this: unknown, _, member: unknown) {
    if (typeof member === 'bigint') return { $bigint: member.toString() } satisfies TaggedBigint;
    if (member === undefined && Array.isArray(this)) return { $undefined: true } satisfies TaggedUndefined;
    return member;
  });
}

/** The value of a line that {@link encodeLine} made. Throws a SyntaxError for a line that is no JSON. */
export function decodeLine<T>(line: string): T {
  return JSON.parse(line, (_, member: unknown) => {
    if (typeof member !== 'object' || member === null) return member;
    if (typeof (member as TaggedBigint).$bigint === 'string') return BigInt((member as TaggedBigint).$bigint);
    // An array's hole reads as undefined.
    return (member as TaggedUndefined).$undefined === true ? undefined : member;
  }) as T;
}
