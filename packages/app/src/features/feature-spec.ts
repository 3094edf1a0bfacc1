/** Where a run's feature maps come from; plain JSON, kept in the run's config.json. */

/** How a backbone's output is laid out. */
export const LAYOUTS = ['auto', 'nchw', 'nhwc', 'tokens'] as const;

export type Layout = (typeof LAYOUTS)[number];

/** Maps on disk: <folder>/<id of the image>.npy or .safetensors. */
export interface FeatureFiles {
  readonly kind: 'files';
  readonly folder: string;
}

/** Maps made by an ONNX model from the images. */
export interface OnnxBackbone {
  readonly kind: 'onnx';
  /** The model's file. */
  readonly model: string;
  /** Size that images are resized to. @defaultValue the model's own where it is fixed, else 448 x 448 */
  readonly size?: readonly [height: number, width: number];
  /** Taken off images in 0..1, by band. */
  readonly mean: readonly number[];
  /** Images are divided by it afterwards, by band. */
  readonly std: readonly number[];
  readonly layout: Layout;
  /** Name of the output that is taken. @defaultValue the first */
  readonly output?: string;
}

export type FeatureSpec = FeatureFiles | OnnxBackbone;
