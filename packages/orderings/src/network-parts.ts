/**
 * The layers of a network, built with all their weights from one seed, and their weights by name.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { AttentionBlock } from './attention-block.js';
import { ContextBlock } from './context-block.js';
import { Decoder } from './decoder.js';
import { MaskedConv2D } from './masked-conv2d-layer.js';
import type { NetworkConfig } from './network-options.js';
import { ResidualBlock } from './residual-block.js';
import type { SeededLayer } from './seeded-layer.js';
import { Stem } from './stem.js';

export interface NetworkParts {
  readonly stem: Stem;
  /** The masked part, in the order of the data; each is applied with { view, training, random }. */
  readonly masked: readonly SeededLayer[];
  /** Absent when there are no heads. */
  readonly decoder?: Decoder;
  /** Every weight as `part/weight`, in the order of creation. */
  readonly weights: ReadonlyMap<string, LayerVariable>;
}

/** Builds every layer and draws every weight; the same seed gives the same weights on every engine. */
export function buildParts(config: NetworkConfig): NetworkParts {
  const { channels, stemChannels, outputStride, edges, blocks, heads, featureSize, normalization } = config;
  const { kernelSize, dilations, contextSize, form, dropout } = config;
  const random = xoroshiro128plus(config.seed);
  const drawSeed = () => uniformInt(random, 0, 0x7fffffff);
  const weights = new Map<string, LayerVariable>();
  let width = channels;
  const add = <L extends SeededLayer>(part: string, layer: L, filters: number): L => {
    layer.build([null, null, null, width]);
    for (const [name, weight] of layer.weightsByName) weights.set(`${part}/${name}`, weight);
    width = filters;
    return layer;
  };

  const stem = add('stem', new Stem({ filters: stemChannels, outputStride, edges, seed: drawSeed() }), stemChannels);
  const masked: SeededLayer[] = [];
  for (let index = 1; index <= blocks; index++) {
    const filters = 2 * width;
    const dilation = dilations[index - 1];
    const block = new ResidualBlock({ filters, kernelSize, dilation, form, normalization, dropout, seed: drawSeed() });
    masked.push(add(`block_${index}`, block, filters));
    if (config.attention.includes(index)) {
      masked.push(add(`attention_${index}`, new AttentionBlock({ seed: drawSeed() }), filters));
    }
  }
  if (contextSize > 0) masked.push(add('context', new ContextBlock({ poolSize: contextSize, form }), 2 * width));
  if (featureSize !== null) {
    // A kernel of one tap sees the position alone, whatever the view.
    const projection = new MaskedConv2D({ filters: featureSize, kernelSize: 1, seed: drawSeed() });
    masked.push(add('projection', projection, featureSize));
  }
  const decoder =
    Object.keys(heads).length > 0 ? add('decoder', new Decoder({ heads, seed: drawSeed() }), width) : undefined;
  return { stem, masked, decoder, weights };
}

/** The variables that an optimizer moves. */
export function trainableVariables({ weights }: NetworkParts): tf.Variable[] {
  return [...weights.values()].filter(({ trainable }) => trainable).map((weight) => weight.read() as tf.Variable);
}
