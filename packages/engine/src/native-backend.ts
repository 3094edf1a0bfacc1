/** Calls of TensorFlow's operations by their own names, through tfjs-node's backend. */
import * as tf from '@tensorflow/tfjs-core';

/** The backend that tfjs-node registers, as far as it is used here. */
export interface NativeBackend extends tf.KernelBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: Readonly<
    Record<'TF_ATTR_TYPE' | 'TF_ATTR_STRING' | 'TF_ATTR_INT' | 'TF_ATTR_FLOAT' | 'TF_ATTR_BOOL' | 'TF_FLOAT', number>
  > & { readonly TF_Version: string };
  executeSingleOutput(op: string, attrs: OpAttribute[], inputs: tf.Tensor[]): tf.Tensor;
  executeMultipleOutputs(op: string, attrs: OpAttribute[], inputs: tf.Tensor[], outputs: number): tf.Tensor[];
}

/** An attribute of an operation; of several values where TensorFlow takes a list. */
export interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: number | string | boolean | readonly number[] | readonly string[];
}

export function nativeBackend(): NativeBackend {
  return tf.backend() as NativeBackend;
}

/** A TensorFlow op of float32 tensors, called by its own name. */
export function execute(op: string, inputs: tf.Tensor[], attrs: readonly OpAttribute[] = []): tf.Tensor {
  const backend = nativeBackend();
  return backend.executeSingleOutput(op, [ofFloats(backend), ...attrs], inputs);
}

/** The attribute that says that inputs and outputs are float32. */
export function ofFloats({ binding: { TF_ATTR_TYPE: type, TF_FLOAT: value } }: NativeBackend): OpAttribute {
  return { name: 'T', type, value };
}
