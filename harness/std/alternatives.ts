/** Things to do, each of which is enough, in one sentence. One may end with the semicolon of its SQL. */
export function alternatives(all: readonly string[]): string {
  return all.map((one) => one.replace(/;$/, '')).join('; or ');
}
