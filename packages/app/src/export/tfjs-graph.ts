/**
 * An inference graph as a TensorFlow.js GraphModel [1]: model.json and its weights, which stock TensorFlow.js loads.
 *
 * Operations are TensorFlow's own, so that nothing has to be registered; sizes of batch and image stay open.
 *
 * [1] tensorflow/tfjs, tfjs-converter: `loadGraphModel`; topology = a TensorFlow GraphDef written as protobuf JSON.
 */
import {
  IMAGE,
  OUTPUTS,
  type Attention,
  type Convolution,
  type GraphNode,
  type InferenceGraph,
} from './inference-graph.js';
import { FLOAT, GraphDefWriter, shape, type Attributes } from './graph-def-writer.js';

export interface TfjsModel {
  /** Content of model.json. */
  readonly json: object;
  /** Content of the weight files that it names, by file name. */
  readonly shards: Readonly<Record<string, Uint8Array>>;
}

export interface TfjsModelOptions {
  readonly generator: string;
  /** Kept as `userDefinedMetadata`, which a loaded model shows as `model.metadata`. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Bytes of a weight file at most: what browsers cache well, and what TensorFlow's converter uses. */
const SHARD_BYTES = 4 * 1024 * 1024;

export function tfjsModel(graph: InferenceGraph, { generator, metadata }: TfjsModelOptions): TfjsModel {
  const writer = new GraphDefWriter();
  writer.placeholder(IMAGE, [-1, -1, -1, graph.channels]);
  writer.node('image-size', 'StridedSlice', [writer.shapeOf(IMAGE), ...writer.span(1, 3)], SLICE);
  for (const node of graph.nodes) lower(writer, node);
  const bytes = writer.weightBytes();
  const shards = Array.from(
    { length: Math.ceil(bytes.length / SHARD_BYTES) },
    (_, i, count = Math.ceil(bytes.length / SHARD_BYTES)) =>
      [`group1-shard${i + 1}of${count}.bin`, bytes.subarray(i * SHARD_BYTES, (i + 1) * SHARD_BYTES)] as const,
  );
  const signature = {
    inputs: { [IMAGE]: tensorInfo(IMAGE, graph.channels) },
    outputs: Object.fromEntries(OUTPUTS.map((output) => [output, tensorInfo(output, graph.clusters)])),
  };
  const json = {
    format: 'graph-model',
    generatedBy: generator,
    convertedBy: generator,
    signature,
    // predict() then gives an object of tensors by these names.
    userDefinedMetadata: { ...metadata, signature, structuredOutputKeys: OUTPUTS },
    modelTopology: { node: writer.nodes, library: {}, versions: { producer: 1395 } },
    weightsManifest: [{ paths: shards.map(([name]) => name), weights: writer.weightSpecs }],
  };
  return { json, shards: Object.fromEntries(shards) };
}

function tensorInfo(name: string, channels: number): object {
  return { name: `${name}:0`, dtype: 'DT_FLOAT', tensorShape: shape([-1, -1, -1, channels]) };
}

function lower(writer: GraphDefWriter, node: GraphNode): void {
  const { name } = node;
  switch (node.op) {
    case 'convolution':
      return lowerConvolution(writer, node);
    case 'affine':
      writer.node(
        `${name}-scaled`,
        'Mul',
        [node.input, writer.floats(`${name}/scale`, node.scale.shape, node.scale.data)],
        FLOAT,
      );
      writer.node(
        name,
        'AddV2',
        [`${name}-scaled`, writer.floats(`${name}/offset`, node.offset.shape, node.offset.data)],
        FLOAT,
      );
      return;
    case 'pooled-relu':
      pad(writer, `${name}-padded`, node.input, { around: 1 });
      writer.node(`${name}-pooled`, 'MaxPool', [`${name}-padded`], {
        ...FLOAT,
        ...NHWC,
        ksize: ints([1, 3, 3, 1]),
        strides: ints([1, 2, 2, 1]),
        padding: text('VALID'),
      });
      writer.node(name, 'Relu', [`${name}-pooled`], FLOAT);
      return;
    case 'add':
      writer.node(name, 'AddV2', node.inputs, FLOAT);
      return;
    case 'widen':
      pad(writer, name, node.input, { channels: node.more });
      return;
    case 'attention':
      return lowerAttention(writer, node);
    case 'context':
      // 'SAME' leaves the padding out of the mean.
      writer.node(`${name}-mean`, 'AvgPool', [node.input], {
        ...FLOAT,
        ...NHWC,
        ksize: ints([1, node.size, node.size, 1]),
        strides: ints([1, 1, 1, 1]),
        padding: text('SAME'),
      });
      writer.node(name, 'ConcatV2', [node.input, `${name}-mean`, writer.scalar(3)], joining(2, 'DT_FLOAT'));
      return;
    case 'softmax':
      writer.node(name, 'Softmax', [node.input], FLOAT);
      return;
    case 'log':
      writer.node(name, 'Log', [node.input], FLOAT);
      return;
    case 'upsample':
      writer.node(name, 'ResizeBilinear', [node.input, 'image-size'], {
        ...FLOAT,
        align_corners: { b: false },
        half_pixel_centers: { b: true },
      });
      return;
  }
}

/** Zeros on every side of the map, and after its channels. */
function pad(
  writer: GraphDefWriter,
  name: string,
  input: string,
  { around = 0, channels = 0 }: { readonly around?: number; readonly channels?: number },
): void {
  const sides: [number, number] = [around, around];
  writer.node(name, 'Pad', [input, writer.padding(name, [[0, 0], sides, sides, [0, channels]])], PAD);
}

/** 'SAME' pads one side only at stride 2, where the stem pads both. */
function lowerConvolution(
  writer: GraphDefWriter,
  { name, input, kernel, bias, stride, dilation, relu }: Convolution,
): void {
  const padded = stride === 1 ? input : `${name}-padded`;
  if (stride !== 1) pad(writer, padded, input, { around: 1 });
  const attributes = {
    ...FLOAT,
    ...NHWC,
    strides: ints([1, stride, stride, 1]),
    dilations: ints([1, dilation, dilation, 1]),
    padding: text(stride === 1 ? 'SAME' : 'VALID'),
  };
  const inputs = [padded, writer.floats(`${name}/kernel`, kernel.shape, kernel.data)];
  if (bias === undefined) {
    writer.node(name, 'Conv2D', inputs, attributes);
    return;
  }
  writer.node(name, '_FusedConv2D', [...inputs, writer.floats(`${name}/bias`, bias.shape, bias.data)], {
    ...attributes,
    fused_ops: { list: { s: ['BiasAdd', ...(relu ? ['Relu'] : [])].map(encoded) } },
    num_args: { i: '1' },
    epsilon: { f: 0 },
  });
}

/** Positions become rows: [N, h, w, D] -> [N, h w, D] and back. */
function lowerAttention(writer: GraphDefWriter, node: Attention): void {
  const { name, query, key, value, beside, keySize, valueSize } = node;
  const batch = writer.node(`${name}-batch`, 'StridedSlice', [writer.shapeOf(query), ...writer.span(0, 1)], SLICE);
  const rows = (map: string, size: number) => {
    const target = writer.node(
      `${map}-rows-shape`,
      'ConcatV2',
      [batch, writer.ints(`${map}/rows`, [-1, size]), writer.scalar(0)],
      joining(2, 'DT_INT32'),
    );
    return writer.node(`${map}-rows`, 'Reshape', [map, target], FLOAT);
  };
  const scaled = writer.node(
    `${name}-scaled`,
    'Mul',
    [rows(query, keySize), writer.floats(`${name}/scale`, [], [1 / Math.sqrt(keySize)])],
    FLOAT,
  );
  const logits = writer.node(`${name}-logits`, 'BatchMatMulV2', [scaled, rows(key, keySize)], {
    ...FLOAT,
    adj_x: { b: false },
    adj_y: { b: true },
  });
  const weights = writer.node(`${name}-weights`, 'Softmax', [logits], FLOAT);
  const seen = writer.node(`${name}-seen`, 'BatchMatMulV2', [weights, rows(value, valueSize)], {
    ...FLOAT,
    adj_x: { b: false },
    adj_y: { b: false },
  });
  const map = writer.node(`${name}-map`, 'Reshape', [seen, writer.shapeOf(value)], FLOAT);
  writer.node(name, 'ConcatV2', [beside, map, writer.scalar(3)], joining(2, 'DT_FLOAT'));
}

const PAD: Attributes = { ...FLOAT, Tpaddings: { type: 'DT_INT32' } };
const NHWC: Attributes = { data_format: text('NHWC') };
const SLICE: Attributes = {
  T: { type: 'DT_INT32' },
  Index: { type: 'DT_INT32' },
  begin_mask: { i: '0' },
  end_mask: { i: '0' },
  ellipsis_mask: { i: '0' },
  new_axis_mask: { i: '0' },
  shrink_axis_mask: { i: '0' },
};

function joining(count: number, type: string): Attributes {
  return { N: { i: String(count) }, T: { type }, Tidx: { type: 'DT_INT32' } };
}

function ints(values: readonly number[]): object {
  return { list: { i: values.map(String) } };
}

function text(value: string): object {
  return { s: encoded(value) };
}

/** Bytes in protobuf's JSON. */
function encoded(value: string): string {
  return Buffer.from(value).toString('base64');
}
