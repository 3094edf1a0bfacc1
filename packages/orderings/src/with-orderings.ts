/**
 * Orderings for a network of the user's own: masked by view in training, as it was in inference, with the same weights.
 *
 * [1] Ouali, Hudelot, Tami. Autoregressive Unsupervised Image Segmentation. ECCV 2020.
 * Differs from [1]: kernels stay where they are (the centered form): every ordering, stride and padding can follow, and each
 * weight means the same position with and without the mask.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { layers, LayersModel, Shape } from '@tensorflow/tfjs-layers';
import { ruleOf } from './layer-rules.js';
import { isModel, layersOf, walkModel } from './model-graph.js';
import type { OrderedMap } from './ordered-convolution.js';
import type { Ordering, View } from './ordering.js';
import { turnsOf, type TurnMap } from './turn-map.js';
import { checkView } from './view.js';

export interface WithOrderingsOptions {
  /**
   * Names of layers that stay as they are, such as those of a stem. Causality is counted on the map that comes out of the
   * last of them, not on what went in. @defaultValue none
   */
  readonly unmasked?: readonly string[];
  /** Names of layers of your own classes that take each position by itself. @defaultValue none */
  readonly pointwise?: readonly string[];
}

/** The user's model, with views. */
export interface OrderedModel extends LayersModel {
  /**
   * Runs the model through a view; differentiable in the inputs and in the model's weights.
   *
   * @param inputs - [N, H, W, C], or one tensor for each input
   * @throws RangeError when the view is neither an ordering nor 'unmasked'; there is no default
   */
  apply(inputs: tf.Tensor | tf.Tensor[], options: { readonly view: View; readonly training?: boolean }): tf.Tensor;
  /**
   * For each position of the model's first output the latest turn of the input that it may depend on.
   *
   * @throws RangeError when that output is no map
   */
  latestTurns(ordering: Ordering, height: number, width: number): TurnMap;
}

/** A value on the way through the model: a tensor, and while it is a map, what its positions may know. */
interface Value {
  readonly tensor: tf.Tensor;
  readonly turnMap: TurnMap | null;
}

/**
 * The model with its convolutions masked by the view that `apply` is given, strided, dilated, depthwise and separable ones
 * included. Weights are the model's own; `predict` stays unmasked. Pools, paddings, nearest upsampling, merges and whatever takes
 * positions one by one are followed exactly; global pools and Flatten end the map, and all after them is free.
 *
 * Batch normalisation in training mode lets statistics cross positions.
 *
 * @throws RangeError that names every layer that cannot follow an ordering, and what to do
 * @example
 * const ordered = withOrderings(model);
 * const look = orderingViews((x, view) => ordered.apply(x, { view, training: true }), { seed: 1 });
 */
export function withOrderings(model: LayersModel, options: WithOrderingsOptions = {}): OrderedModel {
  checkModel(model, options);
  const run = (inputs: readonly tf.Tensor[], view: Ordering, training: boolean) =>
    walkModel<Value>(
      model,
      inputs.map((tensor) => ({ tensor, turnMap: mapOf(tensor, view) })),
      (layer, values) => step(layer, values, { view, training, options }),
    );
  // The model itself, weights, predict and all, under an object that changes how it is applied.
  return Object.assign(Object.create(model) as OrderedModel, {
    apply(inputs: tf.Tensor | tf.Tensor[], { view, training = false }: { view?: View; training?: boolean } = {}) {
      checkView('withOrderings', view);
      if (view === 'unmasked') return model.apply(inputs, { training }) as tf.Tensor;
      return tf.tidy(() => {
        const outputs = run([inputs].flat(), view, training).map(({ tensor }) => tensor);
        return (outputs.length === 1 ? outputs[0] : outputs) as tf.Tensor;
      });
    },
    latestTurns(ordering: Ordering, height: number, width: number): TurnMap {
      let found: TurnMap | null = null;
      tf.tidy(() => {
        const inputs = model.inputs.map(({ shape }) => tf.zeros([1, height, width, shape[3] ?? 1]));
        found = run(inputs, ordering, false)[0].turnMap;
      });
      if (found === null) throw new RangeError(`latestTurns: the output of '${model.name}' is no map of positions`);
      return found;
    },
  });
}

interface StepOptions {
  readonly view: Ordering;
  readonly training: boolean;
  readonly options: WithOrderingsOptions;
}

function step(layer: layers.Layer, values: readonly Value[], { view, training, options }: StepOptions): Value[] {
  const { unmasked = [], pointwise = [] } = options;
  const asItIs = () => {
    const tensors = values.map(({ tensor }) => tensor);
    return [layer.apply(tensors.length === 1 ? tensors[0] : tensors, { training })].flat() as tf.Tensor[];
  };
  if (unmasked.includes(layer.name)) return asItIs().map((tensor) => ({ tensor, turnMap: mapOf(tensor, view) }));
  if (pointwise.includes(layer.name)) return asItIs().map((tensor) => ({ tensor, turnMap: values[0].turnMap }));
  const known = ruleOf(layer);
  if (!values.every(isMap) || 'fault' in known) return asItIs().map((tensor) => afterMap(layer, tensor));
  const ordered = known.rule(layer, values as readonly OrderedMap[], training);
  return ordered === null ? asItIs().map((tensor) => ({ tensor, turnMap: null })) : [ordered];
}

/** What is made of something that is no map is none either, and no convolution can follow. */
function afterMap(layer: layers.Layer, tensor: tf.Tensor): Value {
  if (tensor.rank !== 4) return { tensor, turnMap: null };
  throw new RangeError(
    `withOrderings: layer '${layer.name}' makes a map of what is none, so that no position has a turn; ` +
      'name it in the option unmasked, and causality is counted from its output on',
  );
}

function isMap(value: Value): value is OrderedMap {
  return value.turnMap !== null;
}

function mapOf(tensor: tf.Tensor, view: Ordering): TurnMap | null {
  return tensor.rank === 4 ? turnsOf(view, tensor.shape[1]!, tensor.shape[2]!) : null;
}

function checkModel(model: LayersModel, { unmasked = [], pointwise = [] }: WithOrderingsOptions): void {
  if (!isModel(model)) {
    throw new RangeError(`withOrderings: model must be a tf.LayersModel that has been built, got ${String(model)}`);
  }
  const all = layersOf(model);
  const names = all.map(({ name }) => name);
  const unknown = [...unmasked, ...pointwise].filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new RangeError(`withOrderings: the model has no layer '${unknown.join("', '")}'; it has ${names.join(', ')}`);
  }
  const faults = all
    .filter(({ name }) => !unmasked.includes(name) && !pointwise.includes(name))
    .filter(takesMaps)
    .flatMap((layer) => {
      const known = ruleOf(layer);
      return 'fault' in known ? [`'${layer.name}': ${known.fault}`] : [];
    });
  if (faults.length === 0) return;
  throw new RangeError(
    `withOrderings: these layers cannot follow an ordering: ${faults.join('; ')}. Name them in the option unmasked ` +
      '(causality is then counted from their output on), or in pointwise if they take each position by itself',
  );
}

function takesMaps(layer: layers.Layer): boolean {
  return layer.inboundNodes.some(({ inputShapes }) => (inputShapes as Shape[]).some((shape) => shape.length === 4));
}
