/**
 * An inference graph as operations of ONNX [1], opset 17: NCHW maps, OIHW kernels, open sizes of batch, height and width.
 *
 * [1] https://onnx.ai/onnx/operators: Conv, MaxPool, AveragePool, Relu, Mul, Add, Pad, Concat, Shape, Reshape, Transpose, MatMul,
 * Softmax, Log, Resize.
 */
import type { SavedWeight } from '@autoregseg/orderings';
import {
  IMAGE,
  OUTPUTS,
  type Attention,
  type Convolution,
  type GraphNode,
  type InferenceGraph,
} from './inference-graph.js';
import type { OnnxAttributes, OnnxGraph, OnnxNode, OnnxTensor } from './onnx-file.js';

export function onnxGraph(graph: InferenceGraph): OnnxGraph {
  const writer = new GraphWriter();
  writer.node('image-size', 'Shape', [IMAGE], { start: 2, end: 4 });
  for (const node of graph.nodes) lower(writer, node);
  const { nodes, initializers } = writer;
  return {
    name: 'autoregseg',
    nodes,
    initializers: [...initializers.values()],
    inputs: [{ name: IMAGE, shape: ['batch', graph.channels, 'height', 'width'] }],
    outputs: OUTPUTS.map((name) => ({ name, shape: ['batch', graph.clusters, 'height', 'width'] })),
  };
}

function lower(writer: GraphWriter, node: GraphNode): void {
  const { name } = node;
  switch (node.op) {
    case 'convolution':
      return lowerConvolution(writer, node);
    case 'affine':
      writer.node(`${name}-scaled`, 'Mul', [node.input, writer.perChannel(`${name}/scale`, node.scale)]);
      writer.node(name, 'Add', [`${name}-scaled`, writer.perChannel(`${name}/offset`, node.offset)]);
      return;
    case 'pooled-relu':
      writer.node(`${name}-pooled`, 'MaxPool', [node.input], {
        kernel_shape: [3, 3],
        strides: [2, 2],
        pads: [1, 1, 1, 1],
      });
      writer.node(name, 'Relu', [`${name}-pooled`]);
      return;
    case 'add':
      writer.node(name, 'Add', node.inputs);
      return;
    case 'widen':
      writer.node(name, 'Pad', [node.input, writer.integers(`${name}/padding`, [0, 0, 0, 0, 0, node.more, 0, 0])], {
        mode: 'constant',
      });
      return;
    case 'attention':
      return lowerAttention(writer, node);
    case 'context': {
      const half = (node.size - 1) / 2;
      writer.node(`${name}-mean`, 'AveragePool', [node.input], {
        kernel_shape: [node.size, node.size],
        pads: [half, half, half, half],
        count_include_pad: 0,
      });
      writer.node(name, 'Concat', [node.input, `${name}-mean`], { axis: 1 });
      return;
    }
    case 'softmax':
      writer.node(name, 'Softmax', [node.input], { axis: 1 });
      return;
    case 'log':
      writer.node(name, 'Log', [node.input]);
      return;
    case 'upsample':
      writer.node(`${name}-channels`, 'Shape', [node.input], { start: 0, end: 2 });
      writer.node(`${name}-size`, 'Concat', [`${name}-channels`, 'image-size'], { axis: 0 });
      // Neither region nor scales: the size says it all.
      writer.node(name, 'Resize', [node.input, '', '', `${name}-size`], {
        mode: 'linear',
        coordinate_transformation_mode: 'half_pixel',
      });
      return;
  }
}

function lowerConvolution(
  writer: GraphWriter,
  { name, input, kernel, bias, stride, dilation, relu }: Convolution,
): void {
  const [height, width] = kernel.shape;
  const [rows, columns] = [((height - 1) / 2) * dilation, ((width - 1) / 2) * dilation];
  const inputs = [input, writer.kernel(`${name}/kernel`, kernel)];
  if (bias !== undefined) inputs.push(writer.floats(`${name}/bias`, bias.shape, bias.data));
  const linear = relu ? `${name}-linear` : name;
  writer.node(linear, 'Conv', inputs, {
    kernel_shape: [height, width],
    strides: [stride, stride],
    dilations: [dilation, dilation],
    pads: [rows, columns, rows, columns],
  });
  if (relu) writer.node(name, 'Relu', [linear]);
}

/** Positions become columns: [N, D, h, w] -> [N, D, h w] and back. */
function lowerAttention(writer: GraphWriter, node: Attention): void {
  const { name, query, key, value, beside, keySize } = node;
  const flat = (map: string) =>
    writer.node(`${map}-flat`, 'Reshape', [map, writer.integers('constant/flat', [0, 0, -1])]);
  const scale = writer.floats(`${name}/scale`, [], [1 / Math.sqrt(keySize)]);
  const scaled = writer.node(`${name}-scaled`, 'Mul', [flat(query), scale]);
  const rows = writer.node(`${name}-rows`, 'Transpose', [scaled], { perm: [0, 2, 1] }); // [N, hw, D]
  const logits = writer.node(`${name}-similarity`, 'MatMul', [rows, flat(key)]);
  const weights = writer.node(`${name}-weights`, 'Softmax', [logits], { axis: 2 });
  const columns = writer.node(`${name}-columns`, 'Transpose', [weights], { perm: [0, 2, 1] });
  const seen = writer.node(`${name}-seen`, 'MatMul', [flat(value), columns]); // [N, E, hw]
  const grid = writer.node(`${name}-grid`, 'Shape', [value], { start: 2, end: 4 });
  const target = writer.node(`${name}-target`, 'Concat', [writer.integers('constant/same', [0, 0]), grid], { axis: 0 });
  const map = writer.node(`${name}-map`, 'Reshape', [seen, target]);
  writer.node(name, 'Concat', [beside, map], { axis: 1 });
}

/** Collects nodes and constants; each method returns the name of what it makes. */
class GraphWriter {
  readonly nodes: OnnxNode[] = [];
  readonly initializers = new Map<string, OnnxTensor>();

  /** A node of one output, which has its name. */
  node(name: string, type: string, inputs: readonly string[], attributes: OnnxAttributes = {}): string {
    this.nodes.push({ name, type, inputs, attributes });
    return name;
  }

  /** [C] -> [1, C, 1, 1]. */
  perChannel(name: string, { data }: SavedWeight): string {
    return this.floats(name, [1, data.length, 1, 1], data);
  }

  /** [kh, kw, C, D] -> [D, C, kh, kw]. */
  kernel(name: string, { shape, data }: SavedWeight): string {
    const [height, width, channels, filters] = shape;
    const taps = height * width;
    const moved = new Float32Array(data.length);
    for (let tap = 0; tap < taps; tap++)
      for (let c = 0; c < channels; c++)
        for (let d = 0; d < filters; d++)
          moved[(d * channels + c) * taps + tap] = data[(tap * channels + c) * filters + d];
    return this.floats(name, [filters, channels, height, width], moved);
  }

  floats(name: string, shape: readonly number[], values: ArrayLike<number>): string {
    this.initializers.set(name, { name, shape, data: Float32Array.from(values) });
    return name;
  }

  integers(name: string, values: readonly number[]): string {
    this.initializers.set(name, { name, shape: [values.length], data: BigInt64Array.from(values, BigInt) });
    return name;
  }
}
