/**
 * The graph of a user's model, walked from its outputs, with a step of our own in place of each layer's call.
 */
import type { layers, LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';

/** What a layer makes of its inputs' values: one value for each of its outputs. */
export type LayerStep<V> = (layer: layers.Layer, inputs: readonly V[]) => readonly V[];

/**
 * The values at a model's outputs; models inside are walked too.
 *
 * @param inputs - one value for each input of the model
 */
export function walkModel<V>(model: LayersModel, inputs: readonly V[], step: LayerStep<V>): V[] {
  const known = new Map<string, readonly V[]>();
  const entries = new Map(model.inputs.map((input, index) => [input.id, inputs[index]]));
  const valueOf = (symbol: SymbolicTensor): V => {
    const given = entries.get(symbol.id);
    if (given !== undefined) return given;
    const layer = symbol.sourceLayer;
    // A layer that is used twice has two nodes.
    const node = `${layer.name}/${symbol.nodeIndex}`;
    if (!known.has(node)) {
      const values = symbol.inputs.map(valueOf);
      known.set(node, isModel(layer) ? walkModel(layer, values, step) : step(layer, values));
    }
    return known.get(node)![symbol.outputTensorIndex ?? 0];
  };
  return model.outputs.map(valueOf);
}

/** Every layer of a model and of the models inside it, the inputs apart. */
export function layersOf(model: LayersModel): layers.Layer[] {
  return model.layers
    .flatMap((layer) => (isModel(layer) ? layersOf(layer) : [layer]))
    .filter((layer) => layer.getClassName() !== 'InputLayer');
}

/** By structure, not by class: the user's tfjs-layers may be another copy than ours. */
export function isModel(layer: unknown): layer is LayersModel {
  const { layers, inputs, outputs } = (layer ?? {}) as Partial<LayersModel>;
  return Array.isArray(layers) && Array.isArray(inputs) && Array.isArray(outputs);
}
