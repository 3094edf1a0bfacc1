/**
 * The momentum encoder: a network that follows another slowly, and so gives targets that do not run after the prediction.
 *
 * [1] Grill et al. Bootstrap Your Own Latent: A New Approach to Self-Supervised Learning. NeurIPS 2020.
 */
import * as tf from '@tensorflow/tfjs-core';

export interface FollowOptions {
  /** Share of the follower that stays, in [0, 1]: 0 copies, 1 freezes. @defaultValue 0.996 */
  readonly momentum?: number;
}

/**
 * Moves each follower towards its leader, in place: follower = momentum * follower + (1 - momentum) * leader.
 *
 * Copy once with momentum 0, then call it after each step of the optimizer.
 *
 * @param followers - variables of the target network
 * @param leaders - those of the network that is trained, in the same order and of the same shapes
 * @throws RangeError when the lists do not fit or the momentum is out of range; nothing is changed then
 * @example followVariables(target.variables, online.variables, { momentum: 0.99 });
 * @see [1]
 */
export function followVariables(
  followers: readonly tf.Variable[],
  leaders: readonly tf.Variable[],
  options: FollowOptions = {},
): void {
  const { momentum = 0.996 } = options;
  if (!(momentum >= 0 && momentum <= 1)) {
    throw new RangeError(`followVariables: momentum must be in [0, 1], got ${momentum}`);
  }
  if (followers.length !== leaders.length) {
    throw new RangeError(
      `followVariables: there must be a leader for each follower, got ${followers.length} and ${leaders.length}`,
    );
  }
  followers.forEach((follower, index) => {
    const leader = leaders[index];
    if (String(follower.shape) === String(leader.shape)) return;
    throw new RangeError(
      `followVariables: variables ${index} must have one shape, got [${follower.shape}] and [${leader.shape}]`,
    );
  });
  tf.tidy(() => {
    followers.forEach((follower, index) => {
      follower.assign(tf.add(tf.mul(follower, momentum), tf.mul(leaders[index], 1 - momentum)));
    });
  });
}
