/** Exports against the network they were made of, run by the programs they are meant for. */
import { useTestEngine } from '@autoregseg/testing';
import type { NetworkOptions } from '@autoregseg/orderings';
import { loadGraphModel, type GraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';
import { inferenceGraph, OUTPUTS } from './inference-graph.js';
import { encodeOnnx } from './onnx-file.js';
import { onnxGraph } from './onnx-graph.js';
import { expectedOutputs, randomNetwork } from './random-network.fixture.js';
import { SMALL_RUN_STATISTICS as STATISTICS } from '../run/small-run.fixture.js';
import { tfjsModel } from './tfjs-graph.js';

beforeAll(useTestEngine);

const NETWORKS: Record<string, Partial<NetworkOptions>> = {
  'stride 2': { outputStride: 2, blocks: 2 },
  'stride 4, batch normalisation': { outputStride: 4, blocks: 1, normalization: 'batch' },
  'centered form, three blocks': { outputStride: 4, blocks: 3, stemChannels: 2, form: 'centered' },
  'edges beside the image': { outputStride: 2, blocks: 1, edges: true },
  'taps three apart in the second block': { outputStride: 4, blocks: 2, stemChannels: 3, dilations: [1, 3] },
  'a context, wider than the smaller map': { outputStride: 4, blocks: 1, contextSize: 5, normalization: 'batch' },
  'attention after both blocks': { outputStride: 2, blocks: 2, stemChannels: 3, attention: [1, 2] },
  'feature maps as input': { outputStride: 1, blocks: 1, attention: [1] },
  'features of a size of their own': {
    outputStride: 4,
    blocks: 1,
    featureSize: 5,
    contextSize: 3,
    attention: [1],
    normalization: 'batch',
  },
};

/** Sides that no stride divides, and one image or two: sizes are open. */
const SIZES: [number, number, number][] = [
  [1, 13, 18],
  [2, 32, 20],
];

type Outputs = Record<(typeof OUTPUTS)[number], Float32Array>;
type Run = (images: tf.Tensor4D) => Promise<Outputs>;

async function asTfjs(graph: ReturnType<typeof inferenceGraph>): Promise<Run> {
  const { json, shards } = tfjsModel(graph, { generator: 'test', metadata: { card: 'kept' } });
  const model = JSON.parse(JSON.stringify(json)) as tf.io.ModelJSON;
  const weights = Buffer.concat(model.weightsManifest.flatMap(({ paths }) => paths.map((path) => shards[path])));
  const loaded: GraphModel = await loadGraphModel({
    load: async () => ({
      ...model,
      weightSpecs: model.weightsManifest.flatMap((group) => group.weights),
      weightData: new Uint8Array(weights).buffer,
    }),
  });
  return async (images) => {
    const outputs = tf.tidy(() => {
      const made = loaded.predict({ image: images }) as tf.NamedTensorMap;
      return OUTPUTS.map((name) => made[name].dataSync() as Float32Array);
    });
    return { logits: outputs[0], probabilities: outputs[1] };
  };
}

async function asOnnx(graph: ReturnType<typeof inferenceGraph>): Promise<Run> {
  const options = { producer: { name: 'test', version: '0' }, documentation: '', metadata: { card: 'kept' } };
  const session = await InferenceSession.create(encodeOnnx(onnxGraph(graph), options), { logSeverityLevel: 3 });
  return async (images) => {
    const [count, height, width, channels] = images.shape;
    const planes = tf.tidy(() => tf.transpose(images, [0, 3, 1, 2]).dataSync() as Float32Array);
    const { logits, probabilities } = await session.run({
      image: new Tensor('float32', planes, [count, channels, height, width]),
    });
    const back = (map: Tensor) =>
      tf.tidy(() => tf.transpose(tf.tensor(map.data as Float32Array, [...map.dims]), [0, 2, 3, 1]).dataSync());
    return {
      logits: back(logits as Tensor) as Float32Array,
      probabilities: back(probabilities as Tensor) as Float32Array,
    };
  };
}

describe.each(Object.entries(NETWORKS))('value: %s', (_, options) => {
  it.each([
    ['tfjs', asTfjs],
    ['onnx', asOnnx],
  ] as const)('%s gives what the network gives, at any size', async (_format, open) => {
    const network = randomNetwork(options);
    const run = await open(inferenceGraph(network.save(), { head: 'main1', clusters: 4, statistics: STATISTICS }));
    for (const [count, height, width] of SIZES) {
      const images = tf.randomUniform([count, height, width, 3], 0, 1, 'float32', 7) as tf.Tensor4D;
      const expected = expectedOutputs(network, 'main1', images);
      const outputs = await run(images);
      for (const name of OUTPUTS) expectClose(outputs[name], expected[name].dataSync() as Float32Array);
    }
    network.dispose();
  });
});

describe('value: clusters of the head merged', () => {
  it.each([
    ['tfjs', asTfjs],
    ['onnx', asOnnx],
  ] as const)('%s adds up their probabilities, and has the logits of the sums', async (_format, open) => {
    const network = randomNetwork({ outputStride: 4, blocks: 1 });
    const merged = { head: 'main1', clusters: 2, groups: Int32Array.of(1, 0, 1, 1) };
    const run = await open(inferenceGraph(network.save(), { ...merged, statistics: STATISTICS }));
    const images = tf.randomUniform([2, 13, 18, 3], 0, 1, 'float32', 7) as tf.Tensor4D;
    const expected = expectedOutputs(network, 'main1', images, merged);
    const outputs = await run(images);
    for (const name of OUTPUTS) expectClose(outputs[name], expected[name].dataSync() as Float32Array);
    network.dispose();
  });
});

describe('error', () => {
  it('refuses a network with weights that no operation stands for', () => {
    const network = randomNetwork({ blocks: 1 });
    const { config, weights } = network.save();
    const odd = { ...weights, 'gate_1/kernel': weights['block_1/pointwise_2_1_kernel'] };
    expect(() =>
      inferenceGraph({ config, weights: odd }, { head: 'main0', clusters: 3, statistics: STATISTICS }),
    ).toThrow('export: the network has parts that exports do not know yet: gate_1/kernel');
    network.dispose();
  });
});

/** 1e-4: what the formats promise; float32 sums in another order differ by less. */
function expectClose(got: Float32Array, expected: Float32Array): void {
  expect(got.length).toBe(expected.length);
  const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - got[i])), 0);
  expect(worst).toBeLessThan(1e-4);
}
