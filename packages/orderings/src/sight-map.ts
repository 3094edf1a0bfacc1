/**
 * What a stack of masked layers really sees: exact, by following the masks, without a network.
 *
 * Three masked 3x3 convolutions under top-left-row; `q` looks, o = seen, x = blind: past and near, and never reached.
 *
 *     centered, 3 layers         shifted, 3 layers
 *     o o o o o o o              . o o o o o .      (six rows up)
 *     o o o o o o o                  ...
 *     o o o o o o x              o o o o o o o
 *     o o o q                    o o o q
 *
 * [1] van den Oord et al. Conditional Image Generation with PixelCNN Decoders. NeurIPS 2016 (the blind spot).
 */
import { checkDilation, checkForm, checkKernelSize, kernelMask, type MaskForm } from './kernel-mask.js';
import { checkMapSize, type View } from './ordering.js';
import { isRasterOrdering } from './raster-ordering.js';
import { checkView } from './view.js';

/** A masked convolution of stride 1. */
export interface ConvolutionSight {
  readonly kind: 'convolution';
  /** Taps along rows and columns, odd. @defaultValue 3 */
  readonly kernelSize?: number | readonly [height: number, width: number];
  /** Positions between two taps. @defaultValue 1 */
  readonly dilation?: number;
  /** @defaultValue 'shifted' */
  readonly form?: MaskForm;
  /** @defaultValue true */
  readonly includeCenter?: boolean;
  /** Whether the layer's input is added to its output. @defaultValue false */
  readonly skip?: boolean;
}

/** A masked attention whose queries, keys and values are made position by position. */
export interface AttentionSight {
  readonly kind: 'attention';
  /** @defaultValue true */
  readonly includeCenter?: boolean;
  /** Whether the layer's input is joined to its output. @defaultValue false */
  readonly skip?: boolean;
}

/** One layer, as far as sight goes; 1x1 convolutions and activations change nothing. */
export type SightLayer = ConvolutionSight | AttentionSight;

export interface SightMapOptions {
  readonly height: number;
  readonly width: number;
  /** The position that looks. */
  readonly position: readonly [row: number, column: number];
}

/**
 * The input positions on which the output at a position depends.
 *
 * @param layers - from input to output; none: a position sees itself
 * @returns [height * width], 1 = seen
 * @throws RangeError when a layer, the view, the size or the position is out of range
 * @example
 * const layers = Array.from({ length: 3 }, () => ({ kind: 'convolution', form: 'centered' }));
 * receptiveFieldMap(layers, rasterOrdering('top-left', 'row'), { height: 9, width: 13, position: [4, 6] });
 */
export function receptiveFieldMap(layers: readonly SightLayer[], view: View, options: SightMapOptions): Uint8Array {
  check('receptiveFieldMap', layers, view, options);
  return follow(layers, view, options, 'masked');
}

/**
 * The past that a position never sees although it lies within reach: what the same layers would see unmasked where they lie,
 * before its turn, less the receptive field.
 *
 * @returns [height * width], 1 = blind
 * @throws RangeError as `receptiveFieldMap`
 */
export function blindSpotMap(layers: readonly SightLayer[], view: View, options: SightMapOptions): Uint8Array {
  check('blindSpotMap', layers, view, options);
  const { height, width, position } = options;
  if (view === 'unmasked') return new Uint8Array(height * width);
  const turns = view.rank(height, width);
  const seen = follow(layers, view, options, 'masked');
  const reached = follow(layers, view, options, 'reach');
  const own = turns[position[0] * width + position[1]];
  return reached.map((near, other) => (near === 1 && seen[other] === 0 && turns[other] < own ? 1 : 0));
}

/** From the output back to the input: who is seen by those who are seen. */
function follow(
  layers: readonly SightLayer[],
  view: View,
  { height, width, position: [row, column] }: SightMapOptions,
  kind: 'masked' | 'reach',
): Uint8Array {
  const turns = view === 'unmasked' ? undefined : view.rank(height, width);
  let seen = new Uint8Array(height * width);
  seen[row * width + column] = 1;
  for (const layer of [...layers].reverse()) {
    const before = layer.skip === true ? Uint8Array.from(seen) : new Uint8Array(seen.length);
    const look = looker(layer, view, turns, height, width, kind);
    seen.forEach((one, query) => {
      if (one === 1) for (const position of look(query)) before[position] = 1;
    });
    seen = before;
  }
  return seen;
}

/** For a position, those that one layer lets it see. */
function looker(
  layer: SightLayer,
  view: View,
  turns: Int32Array | undefined,
  height: number,
  width: number,
  kind: 'masked' | 'reach',
): (query: number) => number[] {
  const { includeCenter = true } = layer;
  const masked = turns !== undefined && kind === 'masked';
  const may = (query: number, position: number) =>
    !masked || (position === query ? includeCenter : turns[position] < turns[query]);
  if (layer.kind === 'attention') {
    const all = Array.from({ length: height * width }, (_, position) => position);
    return (query) => {
      const values = all.filter((position) => may(query, position));
      // The weights depend on the query, made of the position itself, where there is anything to choose from.
      return values.length > 1 ? [...values, query] : values;
    };
  }
  const offsets = offsetsOf(layer, view);
  return (query) => {
    const [row, column] = [Math.floor(query / width), query % width];
    return offsets
      .map(([down, right]) => [row + down, column + right])
      .filter(([r, c]) => r >= 0 && r < height && c >= 0 && c < width)
      .map(([r, c]) => r * width + c)
      .filter((position) => may(query, position));
  };
}

/** Where the taps of the kernel lie, masked or not. */
function offsetsOf({ dilation = 1, form = 'shifted', ...layer }: ConvolutionSight, view: View): [number, number][] {
  const kernelSize = sidesOf(layer.kernelSize);
  const [height, width] = kernelSize;
  const isRaster = view !== 'unmasked' && isRasterOrdering(view);
  const [top, left] = isRaster ? kernelMask(view, { kernelSize, form }).origin : [(1 - height) / 2, (1 - width) / 2];
  return Array.from({ length: height * width }, (_, tap) => [
    dilation * (top + Math.floor(tap / width)),
    dilation * (left + (tap % width)),
  ]);
}

function sidesOf(kernelSize: ConvolutionSight['kernelSize'] = 3): readonly [number, number] {
  return typeof kernelSize === 'number' ? [kernelSize, kernelSize] : kernelSize;
}

function check(name: string, layers: readonly SightLayer[], view: View, options: SightMapOptions): void {
  const { height, width, position } = options;
  checkView(name, view);
  checkMapSize(name, height, width);
  const [row, column] = position;
  const inside = [row, column].every(Number.isInteger) && row >= 0 && row < height && column >= 0 && column < width;
  if (!inside) throw new RangeError(`${name}: position must lie on the map of ${height} x ${width}, got [${position}]`);
  for (const layer of layers) {
    if (layer.kind === 'attention') continue;
    if (layer.kind !== 'convolution') {
      throw new RangeError(
        `${name}: a layer's kind must be 'convolution' or 'attention', got '${String((layer as SightLayer).kind)}'`,
      );
    }
    checkConvolution(name, layer, view);
  }
}

function checkConvolution(name: string, { dilation = 1, form = 'shifted', kernelSize }: ConvolutionSight, view: View) {
  checkKernelSize(name, sidesOf(kernelSize));
  checkForm(name, form);
  checkDilation(name, dilation);
  if (form === 'centered' || view === 'unmasked' || isRasterOrdering(view)) return;
  throw new RangeError(
    `${name}: form '${form}' follows raster orderings only, got '${view.name}'; use form 'centered' for other orderings`,
  );
}
