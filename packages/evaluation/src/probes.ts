/**
 * Probes: how much of the classes can be read from frozen features, by a linear map or by one hidden layer.
 *
 * A probe is trained on labelled images and scored on others; the features never change. It is applied at each place of
 * the feature map, as a 1x1 convolution would be, and its scores are interpolated to the label's pixels.
 */
import { trainClassifier, type Classifier } from './classifier.js';
import { ConfusionMatrix } from './confusion-matrix.js';
import { labelledPoints, nearestIds, onlyValid, type FeatureExtractor } from './features.js';
import { generatorOf } from './generator.js';
import type { Image, Samples } from './image.js';
import { interpolateArgMax } from './interpolate-arg-max.js';
import { PixelSample } from './pixel-sample.js';
import type { Evaluation, Protocol } from './protocol.js';
import { scores } from './scores.js';

export interface ProbeOptions {
  /** The frozen features. @defaultValue the colours of pixels */
  readonly features?: FeatureExtractor;
  /** Number of classes in the labels. */
  readonly classes: number;
  readonly seed: number;
  /** The label id that is neither learned nor scored. @defaultValue none */
  readonly ignoreId?: number;
  /** Labelled places that the probe is trained on, at most. @defaultValue 50000 */
  readonly sampleSize?: number;
  /** @defaultValue 1000 */
  readonly steps?: number;
  /** Choices of the caller's that belong to the protocol. */
  readonly protocol?: Partial<Protocol>;
}

export interface NonLinearProbeOptions extends ProbeOptions {
  /** Units of the hidden layer. @defaultValue 64 */
  readonly hidden?: number;
}

/**
 * Softmax regression on frozen features.
 *
 * @param train - labelled images that the probe learns from
 * @param test - labelled images that it is scored on; the same ones measure memory, not understanding
 * @returns scores with their protocol; a class is its own cluster
 * @throws RangeError when there is no labelled pixel to learn from or to score
 * @example
 * const { pixelAccuracy } = await linearProbe(trainSet, testSet, { classes: 3, seed: 1 }); // of colours alone
 */
export function linearProbe(train: Samples, test: Samples, options: ProbeOptions): Promise<Evaluation> {
  return probe('linearProbe', train, test, options, 0);
}

/** The same with one hidden layer of ReLU units. */
export function nonLinearProbe(train: Samples, test: Samples, options: NonLinearProbeOptions): Promise<Evaluation> {
  const { hidden = 64 } = options;
  if (!Number.isInteger(hidden) || hidden < 1) {
    throw new RangeError(`nonLinearProbe: hidden must be a positive integer, got ${hidden}`);
  }
  return probe('nonLinearProbe', train, test, options, hidden);
}

async function probe(
  name: string,
  train: Samples,
  test: Samples,
  options: ProbeOptions,
  hidden: number,
): Promise<Evaluation> {
  const { features = (image: Image) => image, classes, seed, ignoreId, sampleSize = 50_000, steps = 1000 } = options;
  const { points, labels, dimensions } = await labelledFeatures(name, train, features, { sampleSize, seed, ignoreId });
  const outside = labels.find((label) => label < 0 || label >= classes);
  if (outside !== undefined) {
    throw new RangeError(`${name}: labels must be from 0 to ${classes - 1} or ignoreId, got ${outside}`);
  }
  const classifier = trainClassifier(points, labels, { dimensions, classes, hidden, steps, seed });
  const { confusion, images } = await compare(test, features, classifier, classes, ignoreId);
  if (confusion.pixels === 0) throw new RangeError(`${name}: there must be a labelled pixel to score, got none`);
  const matching = Int32Array.from({ length: classes }, (_, id) => id);
  return {
    protocol: {
      method: hidden > 0 ? `non-linear probe, ${hidden} hidden units` : 'linear probe',
      dataset: test.name ?? 'samples',
      images,
      trainedOn: `labels of ${train.name ?? 'other samples'}`,
      matching: 'none',
      matchedOn: 'nothing: a probe names classes',
      ignoreId: ignoreId ?? null,
      clusters: classes,
      classes,
      resolution: 'of each label',
      seed,
      sampledPixels: labels.length,
      probeSteps: steps,
      featureSize: dimensions,
      ...options.protocol,
    },
    pixels: confusion.pixels,
    ...scores(confusion, matching),
    matching: [...matching],
    confusion: confusion.toJSON(),
  };
}

interface LabelledOptions {
  readonly sampleSize: number;
  readonly seed: number;
  readonly ignoreId?: number;
}

/** A uniform sample of the labelled places, each with its class. */
async function labelledFeatures(
  name: string,
  samples: Samples,
  features: FeatureExtractor,
  { sampleSize, seed, ignoreId }: LabelledOptions,
) {
  // The label travels as one more channel, so that one pass draws both.
  let sample: PixelSample | undefined;
  let dimensions = 0;
  const random = generatorOf(seed);
  for await (const { image, label, valid } of samples) {
    if (!label) continue;
    const map = await features(image);
    dimensions ||= map.shape[2];
    sample ??= new PixelSample(sampleSize, dimensions + 1, random);
    const ids = nearestIds(label, image.shape, map.shape);
    const seen = valid && nearestIds(valid, image.shape, map.shape);
    const learned = Uint8Array.from(ids, (id, place) => Number(id !== ignoreId && seen?.[place] !== 0));
    sample.add({ image: withChannel(map, ids), valid: learned });
  }
  if (!sample || sample.points.length === 0) {
    throw new RangeError(`${name}: there must be a labelled pixel to learn from, got none`);
  }
  return { ...labelledPoints(sample.points, dimensions), dimensions };
}

/** [h, w, F] -> [h, w, F + 1] */
function withChannel({ shape: [height, width, channels], data }: Image, ids: Int32Array): Image {
  const wider = new Float32Array(height * width * (channels + 1));
  for (let place = 0; place < height * width; place++) {
    wider.set(data.subarray(place * channels, (place + 1) * channels), place * (channels + 1));
    wider[place * (channels + 1) + channels] = ids[place];
  }
  return { shape: [height, width, channels + 1], data: wider };
}

async function compare(
  samples: Samples,
  features: FeatureExtractor,
  classifier: Classifier,
  classes: number,
  ignoreId: number | undefined,
) {
  const confusion = new ConfusionMatrix(classes, classes);
  let images = 0;
  for await (const { image, label, valid } of samples) {
    if (!label) continue;
    images++;
    const { ids } = interpolateArgMax(classifier.scores(await features(image)), image.shape[0], image.shape[1]);
    confusion.add(onlyValid(ids, valid), onlyValid(label, valid), ignoreId);
  }
  return { confusion, images };
}
