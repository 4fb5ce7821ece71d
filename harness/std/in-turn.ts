/** Runs operations one after another, in the order in which they are asked for; one that fails holds up none behind it. */
export function inTurn(): <T>(operation: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (operation) => {
    const result = last.then(operation);
    last = result.catch(() => {});
    return result;
  };
}
