/** Checks of pairs of maps that several losses share; every text starts with the function that was called. */
import type { Tensor } from '@tensorflow/tfjs-core';

/** @throws RangeError unless a and b have one shape and one of the ranks */
export function checkPair(name: string, a: Tensor, b: Tensor, ranks: Readonly<Record<number, string>>): void {
  const allowed = Object.values(ranks).join(' or ');
  if (ranks[a.rank] === undefined || ranks[b.rank] === undefined) {
    throw new RangeError(`${name}: a and b must be ${allowed}, got ${text(a.shape)} and ${text(b.shape)}`);
  }
  if (text(a.shape) !== text(b.shape)) {
    throw new RangeError(`${name}: a and b must have the same shape, got ${text(a.shape)} and ${text(b.shape)}`);
  }
}

/** @throws RangeError unless the half side of a window is an integer within a map of this shape */
export function checkHalfWindow(name: string, halfWindow: number, [, height, width]: readonly number[]): void {
  const limit = Math.min(height, width) - 1;
  if (Number.isInteger(halfWindow) && halfWindow >= 0 && halfWindow <= limit) return;
  throw new RangeError(
    `${name}: halfWindow must be an integer from 0 to ${limit} on maps of ${height} x ${width}, got ${halfWindow}`,
  );
}

/** @throws RangeError unless the mask has one value for each position of a map [N, H, W, ...] */
export function checkMask(name: string, shape: readonly number[], mask: Tensor | undefined): void {
  const expected = shape.slice(0, 3);
  if (mask === undefined || text(mask.shape) === text(expected)) return;
  throw new RangeError(`${name}: mask must be [N,H,W] = ${text(expected)}, got ${text(mask.shape)}`);
}

/** @throws RangeError unless there is a column for each image */
export function checkGroups(name: string, images: number, groups: Tensor | undefined): void {
  if (groups === undefined || (groups.rank === 2 && groups.shape[1] === images)) return;
  throw new RangeError(`${name}: groups must be [G,N] = [G,${images}], got ${text(groups.shape)}`);
}

/** @throws RangeError unless the value is a finite number >= 0 */
export function checkNonNegative(name: string, option: string, value: number): void {
  if (Number.isFinite(value) && value >= 0) return;
  throw new RangeError(`${name}: ${option} must be a finite number >= 0, got ${value}`);
}

/** @throws RangeError unless the value is a finite number > 0 */
export function checkPositive(name: string, option: string, value: number): void {
  if (Number.isFinite(value) && value > 0) return;
  throw new RangeError(`${name}: ${option} must be a finite number > 0, got ${value}`);
}

function text(shape: readonly number[]): string {
  return `[${shape.join(',')}]`;
}
