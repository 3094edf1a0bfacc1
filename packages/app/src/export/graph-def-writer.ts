/** The nodes and constants of a TensorFlow GraphDef, as protobuf JSON. */

/** A node's attributes, in protobuf's JSON. */
export type Attributes = Readonly<Record<string, unknown>>;

/** The element type of nearly all nodes. */
export const FLOAT: Attributes = { T: { type: 'DT_FLOAT' } };

/** TensorShapeProto; -1 is an open size. */
export function shape(sizes: readonly number[]): object {
  return { dim: sizes.map((size) => ({ size: String(size) })) };
}

/** Collects nodes and constants; each method returns the node's name. */
export class GraphDefWriter {
  readonly nodes: object[] = [];
  readonly weightSpecs: object[] = [];
  private readonly data: Uint8Array[] = [];
  private readonly names = new Set<string>();

  node(name: string, op: string, input: readonly string[], attr: Attributes): string {
    this.names.add(name);
    this.nodes.push({ name, op, input, attr });
    return name;
  }

  placeholder(name: string, sizes: readonly number[]): void {
    this.node(name, 'Placeholder', [], { dtype: { type: 'DT_FLOAT' }, shape: { shape: shape(sizes) } });
  }

  shapeOf(map: string): string {
    const name = `${map}-shape`;
    if (this.names.has(name)) return name;
    return this.node(name, 'Shape', [map], { ...FLOAT, out_type: { type: 'DT_INT32' } });
  }

  /** Inputs of StridedSlice after its first: begin, end, stride. */
  span(begin: number, end: number): string[] {
    return [begin, end, 1].map((at) => this.ints(`constant/axis-${at}`, [at]));
  }

  scalar(value: number): string {
    return this.constant(`constant/scalar-${value}`, 'int32', [], Int32Array.of(value));
  }

  ints(name: string, values: readonly number[]): string {
    return this.constant(name, 'int32', [values.length], Int32Array.from(values));
  }

  padding(name: string, pairs: readonly (readonly [number, number])[]): string {
    return this.constant(`${name}/padding`, 'int32', [pairs.length, 2], Int32Array.from(pairs.flat()));
  }

  floats(name: string, sizes: readonly number[], values: ArrayLike<number>): string {
    return this.constant(name, 'float32', sizes, Float32Array.from(values));
  }

  weightBytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.data));
  }

  private constant(
    name: string,
    dtype: 'float32' | 'int32',
    sizes: readonly number[],
    values: Float32Array | Int32Array,
  ): string {
    if (this.names.has(name)) return name;
    const type = dtype === 'float32' ? 'DT_FLOAT' : 'DT_INT32';
    this.weightSpecs.push({ name, shape: sizes, dtype });
    this.data.push(new Uint8Array(values.buffer));
    return this.node(name, 'Const', [], {
      dtype: { type },
      value: { tensor: { dtype: type, tensorShape: shape(sizes) } },
    });
  }
}
