/**
 * Feature maps of images by an ONNX model, run by onnxruntime-node: whatever pretrained backbone was exported to ONNX.
 *
 * onnxruntime-node is an optional peer: whoever uses a backbone installs it.
 */
import { existsSync } from 'node:fs';
import { resizeImage, type RasterImage } from '@autoregseg/data';
import type { InferenceSession } from 'onnxruntime-node';
import { UserError } from '../errors.js';
import { featureMap } from './feature-layout.js';
import type { OnnxBackbone } from './feature-spec.js';

/** Where neither model nor user says: a multiple of patches of 8, 14, 16 and 32 pixels. */
const DEFAULT_SIZE = [448, 448] as const;

/** [H, W, C] in 0..1 -> [h, w, D]. */
export type Backbone = (image: RasterImage) => Promise<RasterImage>;

/** @throws UserError when onnxruntime-node is not installed, or the model cannot be opened */
export async function openBackbone(spec: OnnxBackbone): Promise<Backbone> {
  const { Tensor, InferenceSession: sessions } = await loadRuntime();
  if (!existsSync(spec.model)) throw new UserError(`--backbone ${spec.model}: there is no such file`);
  const session = await sessions.create(spec.model, { logSeverityLevel: 3 }).catch((error: Error) => {
    throw new UserError(`--backbone ${spec.model} cannot be opened as ONNX: ${error.message}`);
  });
  const output = outputOf(session, spec);
  const size = spec.size ?? fixedSize(session) ?? DEFAULT_SIZE;
  return async (image) => {
    const pixels = prepare(resizeImage({ image }, size).image, spec);
    const input = new Tensor('float32', pixels, [1, image.shape[2], ...size]);
    const results = await session.run({ [session.inputNames[0]]: input }, [output]).catch((error: Error) => {
      throw new UserError(`--backbone ${spec.model} failed on ${size.join(' x ')} pixels: ${error.message}`);
    });
    const { data, dims, type } = results[output];
    if (type !== 'float32')
      throw new UserError(`--backbone ${spec.model}: output ${output} must be float32, got ${type}`);
    return featureMap({ shape: dims, data: data as Float32Array }, spec.layout, size);
  };
}

async function loadRuntime() {
  try {
    return await import('onnxruntime-node');
  } catch (error) {
    throw new UserError(
      'a --backbone needs onnxruntime-node, which cannot be loaded. Install it with: npm install onnxruntime-node ' +
        `(${(error as Error).message.split('\n')[0]})`,
    );
  }
}

function outputOf(session: InferenceSession, { model, output }: OnnxBackbone): string {
  if (output === undefined) return session.outputNames[0];
  if (session.outputNames.includes(output)) return output;
  throw new UserError(`--backbone ${model} has outputs ${session.outputNames.join(', ')}, got '${output}'`);
}

/** Height and width of [N, C, H, W] where the model leaves neither open. */
function fixedSize({ inputMetadata }: InferenceSession): readonly [number, number] | undefined {
  const [input] = inputMetadata;
  const [height, width] = input?.isTensor ? input.shape.slice(2) : [];
  return typeof height === 'number' && typeof width === 'number' ? [height, width] : undefined;
}

/** (x - mean) / std of each band, planes one after the other. */
function prepare({ shape, data }: RasterImage, { model, mean, std }: OnnxBackbone): Float32Array {
  const [height, width, bands] = shape;
  if (mean.length !== bands || std.length !== bands) {
    throw new UserError(
      `--backbone ${model}: images have ${bands} bands, got ${mean.length} means and ${std.length} deviations. ` +
        'Give --backbone-mean and --backbone-std a number for each band.',
    );
  }
  const positions = height * width;
  const planes = new Float32Array(data.length);
  for (let p = 0; p < positions; p++)
    for (let band = 0; band < bands; band++)
      planes[band * positions + p] = (data[p * bands + band] - mean[band]) / std[band];
  return planes;
}
