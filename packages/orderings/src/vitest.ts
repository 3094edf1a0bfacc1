/**
 * @autoregseg/orderings/vitest: a matcher for vitest (and for jest, by its own `expect.extend`).
 *
 *     import '@autoregseg/orderings/vitest';
 *     expect(map).toBeAutoregressive(ordering, { height: 5, width: 7, channels: 3 });
 */
import { expect } from 'vitest';
import { findCausalityViolation, type CausalityOptions, type ViewedMap } from './causality.js';
import type { Ordering } from './ordering.js';

/**
 * Whether no output position of a map depends on an input position whose turn has not come, by perturbation and by gradients,
 * or by the one that the options name.
 *
 * @param map - `(x, view) => y`, as `findCausalityViolation` takes it
 */
export function toBeAutoregressive(
  map: ViewedMap,
  ordering: Ordering,
  options: CausalityOptions,
): { readonly pass: boolean; readonly message: () => string } {
  const ways = options.by === undefined ? (['perturbation', 'gradient'] as const) : [options.by];
  for (const by of ways) {
    const found = findCausalityViolation(map, ordering, { ...options, by });
    if (found === null) continue;
    const text =
      `expected no position to depend on what comes after it under ${ordering.name}, but output ` +
      `(${found.output.join(', ')}) depends on input (${found.input.join(', ')}), found by ${by}`;
    return { pass: false, message: () => text };
  }
  return { pass: true, message: () => `expected a position to depend on what comes after it under ${ordering.name}` };
}

expect.extend({ toBeAutoregressive });

declare module 'vitest' {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- the parameter must be that of vitest's own declaration
  interface Matchers<T> {
    /** No output position depends on an input position whose turn has not come. */
    toBeAutoregressive(ordering: Ordering, options: CausalityOptions): T;
  }
}
