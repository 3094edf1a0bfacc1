/** Flags that put feature maps in the place of images. */
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { UsageError } from '../errors.js';
import { LAYOUTS, type FeatureSpec, type Layout } from '../features/feature-spec.js';
import { imageSize, oneOf } from './options.js';

export interface FeatureOptions {
  readonly features?: string;
  readonly backbone?: string;
  readonly backboneSize?: [number, number];
  readonly backboneMean: readonly number[];
  readonly backboneStd: readonly number[];
  readonly backboneLayout: Layout;
  readonly backboneOutput?: string;
}

/** Of ImageNet, which most pretrained backbones were trained on. */
const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

export function withFeatures(command: Command): Command {
  return command
    .option('--features <dir>', 'learn from feature maps: DIR/<image>.npy or .safetensors, [h, w, D]')
    .option('--backbone <file>', 'learn from feature maps that this ONNX model makes of the images')
    .option('--backbone-size <HxW>', 'size at which the backbone sees images; its own, or 448', imageSize)
    .option('--backbone-mean <numbers>', 'taken off images in 0..1, by band', numbers, IMAGENET.mean)
    .option('--backbone-std <numbers>', 'images are divided by it, by band', numbers, IMAGENET.std)
    .addOption(
      new Option('--backbone-layout <name>', `how its output is laid out: ${LAYOUTS.join(', ')}`)
        .argParser(oneOf(LAYOUTS))
        .default('auto'),
    )
    .option('--backbone-output <name>', 'which output; the first unless named');
}

/** @returns undefined where the images themselves are asked for. @throws UsageError when both kinds are */
export function featureSpecOf(options: FeatureOptions): FeatureSpec | undefined {
  const { features, backbone } = options;
  if (features !== undefined && backbone !== undefined) {
    throw new UsageError('--features are read and a --backbone makes them: give one of the two.');
  }
  if (features !== undefined) {
    if (!existsSync(features) || !statSync(features).isDirectory())
      throw new UsageError(`--features ${features} is no folder.`);
    return { kind: 'files', folder: resolve(features) };
  }
  if (backbone === undefined) return undefined;
  const {
    backboneSize: size,
    backboneMean: mean,
    backboneStd: std,
    backboneLayout: layout,
    backboneOutput: output,
  } = options;
  // A run may be used from another folder.
  return {
    kind: 'onnx',
    model: resolve(backbone),
    mean,
    std,
    layout,
    ...(size && { size }),
    ...(output && { output }),
  };
}

function numbers(value: string): number[] {
  const parsed = value.split(',').map(Number);
  if (parsed.every(Number.isFinite)) return parsed;
  throw new InvalidArgumentError('Numbers are needed, such as 0.485,0.456,0.406.');
}
