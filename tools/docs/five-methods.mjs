/**
 * What five methods learn when their two views are two orderings: linear probes of frozen features, beside random ones.
 *
 *   npm run build && node tools/docs/five-methods.mjs [--seeds 0,1,2,3,4] [--steps 80] [--methods simclr,byol,...]
 *
 * Trains a small network on unlabelled texture mosaics, each method's loss on the dense features of two orderings of the
 * same images, nothing else: no crops, no jitter. Each seed draws weights, orderings, batches and probe anew. `random` is
 * the same network with the same number of passes for its normalisation's statistics, and no training.
 * One JSON line a run on stdout, a table at the end on stderr: mean and standard deviation over the seeds, and the mean
 * difference to random features of the same seed by the largest of three deviations: of the method, of random features and of
 * the differences.
 */
import { parseArgs } from 'node:util';
import { batches, channelStatistics, openDataset } from '@autoregseg/data';
import { describeEngine, useEngine } from '@autoregseg/engine';
import { linearProbe } from '@autoregseg/evaluation';
import { barlowTwins, byol, followVariables, ntXent, swav, vicReg } from '@autoregseg/losses';
import { createNetwork, orderingViews } from '@autoregseg/orderings';
import * as tf from '@tensorflow/tfjs-core';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '0,1,2,3,4' },
    steps: { type: 'string', default: '80' },
    methods: { type: 'string', default: 'random,simclr,byol,barlow-twins,vicreg,swav' },
  },
});
const STEPS = Number(values.steps);
const [BATCH, CROP, FEATURES, UNITS, PROTOTYPES] = [8, 64, 32, 32, 64];

const engine = await useEngine();
process.stderr.write(`engine: ${describeEngine(engine)}\n`);
const train = openDataset({ dataset: 'mosaic', split: 'train', count: 60 });
const test = openDataset({ dataset: 'mosaic', split: 'test', count: 24 });
const { mean, std } = await channelStatistics(train);

/** A network and a head of two dense layers on its features; `variables` are those that are trained. */
function branch(seed) {
  const network = createNetwork({
    channels: 3,
    stemChannels: 16,
    outputStride: 4,
    blocks: 2,
    normalization: 'batch',
    featureSize: FEATURES,
    heads: {},
    seed,
  });
  const head = perceptron(FEATURES, seed);
  const project = (features) => head.apply(features);
  return { network, project, variables: [...network.variables, ...head.variables] };
}

function perceptron(inputs, seed) {
  const weights = (shape, offset) =>
    tf.variable(tf.randomNormal(shape, 0, Math.sqrt(2 / shape[0]), 'float32', 1000 * seed + offset));
  const [first, second] = [weights([inputs, 64], 1), weights([64, UNITS], 2)];
  const apply = (x) => {
    const rows = tf.reshape(x, [-1, inputs]);
    return tf.matMul(tf.relu(tf.matMul(rows, first)), second); // [N * h * w, UNITS]
  };
  return { apply, variables: [first, second] };
}

/** Each method: what is trained beside the branch, its loss of one batch, and what follows a step. */
const METHODS = {
  simclr: ({ project, look }) => ({
    loss: (x) => pair(look(x), (a, b) => ntXent(project(a), project(b), { temperature: 0.2 })),
  }),
  byol({ network, project, variables, look, seed }) {
    const [predictor, target] = [perceptron(UNITS, seed + 100), branch(seed)];
    // What the target makes of the very views that the online network saw.
    const loss = (x) => {
      const { a, b, views } = look(x);
      const [targetA, targetB] = views.map((view) => target.project(encode(target.network, x, view)));
      const predict = (features) => predictor.apply(project(features));
      return tf.add(byol(predict(a), targetB), byol(predict(b), targetA));
    };
    const after = () => followVariables(target.variables, variables, { momentum: 0.98 });
    return { loss, after, trained: predictor.variables, network };
  },
  'barlow-twins': ({ project, look }) => ({
    loss: (x) => pair(look(x), (a, b) => barlowTwins(project(a), project(b))),
  }),
  vicreg: ({ project, look }) => ({ loss: (x) => pair(look(x), (a, b) => vicReg(project(a), project(b))) }),
  swav({ project, look, seed }) {
    const prototypes = tf.variable(tf.randomNormal([PROTOTYPES, UNITS], 0, 1, 'float32', seed + 7));
    return {
      loss: (x) => pair(look(x), (a, b) => swav(project(a), project(b), { prototypes })),
      trained: [prototypes],
    };
  },
};
const pair = ({ a, b }, loss) => loss(a, b);
const encode = (network, x, view) => network.encode(network.stem(x, { training: true }), view, { training: true });

async function run(method, seed) {
  const started = performance.now();
  const { network, project, variables } = branch(seed);
  const look = orderingViews((x, view) => encode(network, x, view), { seed });
  const {
    loss,
    after,
    trained = [],
  } = method === 'random' ? {} : METHODS[method]({ network, project, variables, look, seed });
  const optimizer = tf.train.adam(2e-3);
  const stream = batches(train, { batchSize: BATCH, crop: [CROP, CROP], seed });
  let last;
  for (let step = 0; step < STEPS; step++) {
    const { value } = await stream.next();
    tf.tidy(() => {
      const x = normalized(value.images, value.shape);
      if (method === 'random') return void look(x);
      last = optimizer.minimize(() => loss(x), true, [...variables, ...trained]).dataSync()[0];
    });
    after?.();
  }
  const features = ({ data, shape }) =>
    tf.tidy(() => {
      const { features } = network.forward(normalized(data, [1, ...shape]), 'unmasked', { training: false });
      return { shape: features.shape.slice(1), data: features.dataSync() };
    });
  const options = {
    features,
    classes: test.classes.length,
    seed,
    ignoreId: test.ignoreId,
    sampleSize: 20_000,
    steps: 500,
  };
  const { pixelAccuracy, meanIoU } = await linearProbe(train, test, options);
  return {
    method,
    seed,
    steps: STEPS,
    loss: last,
    pixelAccuracy,
    meanIoU,
    seconds: (performance.now() - started) / 1000,
  };
}

function normalized(data, shape) {
  return tf.div(tf.sub(tf.tensor4d(data, shape), mean), std);
}

const results = [];
for (const seed of values.seeds.split(',').map(Number)) {
  for (const method of values.methods.split(',')) {
    const result = await run(method, seed);
    results.push(result);
    process.stdout.write(`${JSON.stringify(result)}\n`);
  }
}
const scoresOf = (name) =>
  results.filter(({ method }) => method === name).map(({ pixelAccuracy }) => 100 * pixelAccuracy);
const meanOf = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
function deviationOf(values) {
  const mean = meanOf(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1));
}
const random = scoresOf('random');
for (const method of new Set(results.map(({ method }) => method))) {
  const scores = scoresOf(method);
  const gains = scores.map((score, at) => score - random[at]);
  const margin = meanOf(gains) / Math.max(...[scores, random, gains].map(deviationOf));
  const cells = [
    method,
    `${meanOf(scores).toFixed(1)} ± ${deviationOf(scores).toFixed(1)} %`,
    scores.map((score) => score.toFixed(1)).join(', '),
    method === 'random' || random.length === 0 ? '-' : margin.toFixed(1),
  ];
  process.stderr.write(`| ${cells.join(' | ')} |\n`);
}
