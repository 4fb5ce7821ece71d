import { describe, expect, test } from 'vitest';
import { trafficOf, wayFrom } from './network.ts';

const carried = (passed: number, stopped: number) => ({ passed, stopped, delaysMs: [passed] });

describe('a hop', () => {
  test('a cut in one direction stops what the first named sends, whichever of the two has connected', () => {
    expect(wayFrom(['connect', 'source'], { client: 'connect' })).toBe('up');
    expect(wayFrom(['source', 'connect'], { client: 'connect' })).toBe('down');
  });

  test('between brokers there is no direction', () => {
    expect(wayFrom(['broker', 'broker'], { client: 'broker' })).toBeUndefined();
  });

  test('counts only the directions that are troubled, over all relays', () => {
    const one = { accepted: 1, answered: 0, reset: 2, up: carried(3, 5), down: carried(7, 11) };
    expect(trafficOf([{ ...one, way: undefined }])).toEqual({
      ...{ accepted: 1, answered: 0, reset: 2, passed: 10, stopped: 16 },
      delaysMs: [3, 7],
    });
    expect(
      trafficOf([
        { ...one, way: 'up' },
        { ...one, way: 'down' },
      ]),
    ).toEqual({ accepted: 2, answered: 0, reset: 4, passed: 10, stopped: 16, delaysMs: [3, 7] });
  });
});
