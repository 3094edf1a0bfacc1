/**
 * The unmasked network as a list of stock operations: what every export format is written from.
 *
 *   image 0..1 -> normalised -> stem -> blocks -> 1x1 of one head -> [logits of the grid] -> upsampled = logits
 *                                                                 -> softmax -> upsampled = probabilities
 *
 * Where clusters of the head are merged, probabilities are sums of the softmax's, and logits their logarithms.
 *
 * Normalisation of the input is part of the graph, and so are the edges beside it where the network has them. Batch normalisation has its running statistics folded into the stem's
 * convolution, or stands as a scale and an offset per channel. Maps are NHWC, kernels [kh, kw, C, D].
 */
import type { ChannelStatistics } from '@autoregseg/data';
import { edgeKernel, type NetworkConfig, type SavedNetwork, type SavedWeight } from '@autoregseg/orderings';
import { UserError } from '../errors.js';
import type { SegmentingHead } from '../training/head-choice.js';
import { vector, WeightReader, type ConvolutionWeights } from './weight-reader.js';

/** Name of the graph's input, [N, H, W, C] in 0..1. */
export const IMAGE = 'image';

/** The outputs, [N, H, W, K] each, at the image's size. */
export const OUTPUTS = ['logits', 'probabilities'] as const;

interface Named {
  /** Name of the node and of the map that it makes. */
  readonly name: string;
}

export interface Convolution extends Named {
  readonly op: 'convolution';
  readonly input: string;
  readonly kernel: SavedWeight;
  readonly bias?: SavedWeight;
  readonly stride: 1 | 2;
  /** Positions between two taps. */
  readonly dilation: number;
  readonly relu: boolean;
}

/** scale x + offset, per channel. */
export interface Affine extends Named {
  readonly op: 'affine';
  readonly input: string;
  readonly scale: SavedWeight;
  readonly offset: SavedWeight;
}

/** Maximum of 3 x 3 at stride 2, one position of padding on every side; then ReLU. */
export interface PooledRelu extends Named {
  readonly op: 'pooled-relu';
  readonly input: string;
}

export interface Add extends Named {
  readonly op: 'add';
  readonly inputs: readonly [string, string];
}

/** `more` channels of zeros after the present ones. */
export interface Widen extends Named {
  readonly op: 'widen';
  readonly input: string;
  readonly more: number;
}

/** softmax(query key' / sqrt(keySize)) value over all positions, joined to `beside` along the channels: beside first. */
export interface Attention extends Named {
  readonly op: 'attention';
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly beside: string;
  readonly keySize: number;
  readonly valueSize: number;
}

/** The mean over the positions of a square window that lie on the map, joined to the map along the channels: the map first. */
export interface Context extends Named {
  readonly op: 'context';
  readonly input: string;
  /** Positions along each side of the window, odd. */
  readonly size: number;
}

/** Over the channels. */
export interface Softmax extends Named {
  readonly op: 'softmax';
  readonly input: string;
}

/** Bilinear, half-pixel centres, to the size of the image. */
export interface Upsample extends Named {
  readonly op: 'upsample';
  readonly input: string;
}

/** Of each number. */
export interface Log extends Named {
  readonly op: 'log';
  readonly input: string;
}

export type GraphNode =
  Convolution | Affine | PooledRelu | Add | Widen | Attention | Context | Softmax | Log | Upsample;

export interface InferenceGraph {
  readonly channels: number;
  readonly clusters: number;
  /** In the order of the data: inputs come before what is made of them. */
  readonly nodes: readonly GraphNode[];
}

export interface InferenceGraphOptions extends SegmentingHead {
  readonly statistics: ChannelStatistics;
}

/** Of a probability that underflowed there is a logarithm, too. */
const LEAST = 1e-30;

/**
 * The graph of one head.
 *
 * @throws UserError when the network holds weights that no operation here stands for: a wrong export is worse than none
 */
export function inferenceGraph(network: SavedNetwork, options: InferenceGraphOptions): InferenceGraph {
  const { head, clusters, statistics } = options;
  const { config } = network;
  const weights = new WeightReader(network.weights);
  const { std, mean } = statistics;
  const normalised: Affine = {
    op: 'affine',
    name: 'normalised',
    input: IMAGE,
    scale: vector(std.map((deviation) => 1 / deviation)),
    offset: vector(std.map((deviation, c) => -mean[c] / deviation)),
  };
  const masked = maskedNodes(config, weights);
  const features = masked.at(-1)!.name;
  const nodes: GraphNode[] = [
    normalised,
    ...(config.edges ? [convolution('edges', 'normalised', { kernel: edgeKernel(config.channels) })] : []),
    ...stemNodes(config, weights),
    ...masked,
    ...headNodes(convolution('head', features, weights.convolution(`decoder/${head}`)), options),
    { op: 'upsample', name: 'logits', input: 'grid-logits' },
    { op: 'upsample', name: 'probabilities', input: 'grid-probabilities' },
  ];
  const unread = weights.unread().filter((name) => !name.startsWith('decoder/'));
  if (unread.length > 0) {
    throw new UserError(`export: the network has parts that exports do not know yet: ${unread.join(', ')}`);
  }
  return { channels: config.channels, clusters, nodes };
}

/** Logits and probabilities on the grid. */
function headNodes(head: Convolution, { groups, clusters }: SegmentingHead): GraphNode[] {
  if (!groups) {
    return [
      { ...head, name: 'grid-logits' },
      { op: 'softmax', name: 'grid-probabilities', input: 'grid-logits' },
    ];
  }
  const members = Float32Array.from({ length: groups.length * clusters }, (_, at) =>
    Number(groups[Math.floor(at / clusters)] === at % clusters),
  );
  const kernel = { shape: [1, 1, groups.length, clusters], data: members };
  return [
    head,
    { op: 'softmax', name: 'unmerged', input: head.name },
    convolution('grid-probabilities', 'unmerged', { kernel, bias: vector(Array<number>(clusters).fill(LEAST)) }),
    { op: 'log', name: 'grid-logits', input: 'grid-probabilities' },
  ];
}

function stemNodes({ outputStride, edges }: NetworkConfig, weights: WeightReader): GraphNode[] {
  const { kernel } = weights.convolution('stem/convolution');
  const { scale, offset } = weights.normalization('stem/normalization');
  const filters = scale.data.length;
  const folded = { shape: kernel.shape, data: kernel.data.map((value, i) => value * scale.data[i % filters]) };
  // Of feature maps: nothing to pool.
  if (outputStride === 1)
    return [{ ...convolution('stem', 'normalised', { kernel: folded, bias: offset }), relu: true }];
  const stride = outputStride === 4 ? 2 : 1;
  return [
    { ...convolution('stem-convolution', edges ? 'edges' : 'normalised', { kernel: folded, bias: offset }), stride },
    { op: 'pooled-relu', name: 'stem', input: 'stem-convolution' },
  ];
}

function maskedNodes(config: NetworkConfig, weights: WeightReader): GraphNode[] {
  const nodes: GraphNode[] = [];
  let input = 'stem';
  for (let index = 1; index <= config.blocks; index++) {
    nodes.push(...blockNodes(index, input, config, weights));
    if (config.attention.includes(index))
      nodes.push(...attentionNodes(`attention_${index}`, nodes.at(-1)!.name, weights));
    input = nodes.at(-1)!.name;
  }
  if (config.contextSize > 0) {
    nodes.push({ op: 'context', name: 'context', input, size: config.contextSize });
    input = 'context';
  }
  if (config.featureSize !== null)
    nodes.push(convolution('projection', input, weights.convolution('projection/masked')));
  return nodes;
}

/** Three sub-blocks: two convolutions with ReLU, and the skip. */
function blockNodes(
  number: number,
  input: string,
  { normalization, dilations }: NetworkConfig,
  weights: WeightReader,
): GraphNode[] {
  const block = `block_${number}`;
  const nodes: GraphNode[] = [];
  let skip = input;
  for (const index of [1, 2, 3]) {
    const own = (part: string) => `${block}-${part}-${index}`;
    const first = weights.convolution(index === 1 ? `${block}/masked` : `${block}/pointwise_${index}_1`);
    const second = weights.convolution(`${block}/pointwise_${index}_2`);
    nodes.push(
      {
        ...convolution(own('first'), skip, first),
        dilation: index === 1 ? dilations[number - 1] : 1,
        relu: true,
      },
      { ...convolution(own('second'), own('first'), second), relu: true },
    );
    const [, , channels, filters] = first.kernel.shape;
    if (filters > channels) {
      nodes.push({ op: 'widen', name: own('wide'), input: skip, more: filters - channels });
      skip = own('wide');
    }
    nodes.push({ op: 'add', name: own('sum'), inputs: [skip, own('second')] });
    skip = own('sum');
    if (normalization === 'batch') {
      nodes.push({
        op: 'affine',
        name: own('normal'),
        input: skip,
        ...weights.normalization(`${block}/normalization_${index}`),
      });
      skip = own('normal');
    }
  }
  return nodes;
}

function attentionNodes(name: string, input: string, weights: WeightReader): GraphNode[] {
  const [query, key, value] = ['query', 'key', 'value'].map((part) =>
    convolution(`${name}-${part}`, input, weights.convolution(`${name}/${part}`)),
  );
  const sizes = { keySize: query.kernel.shape[3], valueSize: value.kernel.shape[3] };
  const joined = `${name}-joined`;
  return [
    query,
    key,
    value,
    { op: 'attention', name: joined, query: query.name, key: key.name, value: value.name, beside: input, ...sizes },
    convolution(name, joined, weights.convolution(`${name}/merge`)),
  ];
}

function convolution(name: string, input: string, weights: ConvolutionWeights): Convolution {
  return { op: 'convolution', name, input, ...weights, stride: 1, dilation: 1, relu: false };
}
