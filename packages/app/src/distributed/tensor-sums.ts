/** Tensors summed over the processes of a training. */
import type { BatchShare } from '@autoregseg/orderings';
import * as tf from '@tensorflow/tfjs-core';
import type { Communicator } from './communicator.js';

/** Own tensor -> sum over all processes; its gradient is the identity, since each process has the loss of all. */
function allReduced<T extends tf.Tensor>(own: T, team: Communicator): T {
  const sum = tf.customGrad((x) => {
    const values = Float32Array.from((x as tf.Tensor).dataSync());
    team.allReduceSum(values);
    return { value: tf.tensor(values, (x as tf.Tensor).shape), gradFunc: (dy: tf.Tensor) => tf.clone(dy) };
  });
  return sum(own) as T;
}

/** Sums of all tensors in one message; they take the place of the process's own, which are disposed. */
export function summedGradients(own: readonly tf.Tensor[], team: Communicator): tf.Tensor[] {
  const message = new Float32Array(own.reduce((total, { size }) => total + size, 0));
  let end = 0;
  for (const gradient of own) {
    message.set(gradient.dataSync(), end);
    end += gradient.size;
  }
  team.allReduceSum(message);
  let start = 0;
  const sums = own.map(({ shape, size }) => tf.tensor(message.slice(start, (start += size)), shape));
  tf.dispose([...own]);
  return sums;
}

/** This process's part of a batch: neighbours, as even as may be; undefined where it is all of it. */
export function shareOf(images: number, team: Communicator): (BatchShare & { readonly count: number }) | undefined {
  if (team.size === 1) return undefined;
  const start = (rank: number) => Math.floor((rank * images) / team.size);
  const first = start(team.rank);
  return {
    first,
    count: start(team.rank + 1) - first,
    images,
    allReduce: (own) => allReduced(own, team),
  };
}
