/**
 * NumPy's .npy files: one array of float16 or float32, little-endian, row-major [1].
 *
 *   \x93NUMPY | version | length of the header | header: a Python dict | data
 *
 * [1] numpy.lib.format, versions 1.0 to 3.0
 */
import type { FeatureArray } from './feature-layout.js';
import { fromFloat16 } from '../run/float16.js';

const MAGIC = '\x93NUMPY';

/**
 * @param bytes - the whole file's
 * @throws RangeError when they are no such file
 */
export function decodeNumpy(bytes: Uint8Array): FeatureArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = Buffer.from(bytes.subarray(0, 6)).toString('latin1');
  if (magic !== MAGIC || bytes.length < 12) throw fault('a file that begins with \\x93NUMPY', JSON.stringify(magic));
  const wide = bytes[6] >= 2;
  const start = wide ? 12 : 10;
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const header = Buffer.from(bytes.subarray(start, start + length)).toString('latin1');
  const type = /'descr':\s*'([^']+)'/.exec(header)?.[1];
  const sizes = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
  if (sizes === undefined || (type !== '<f2' && type !== '<f4'))
    throw fault("float16 or float32 ('<f2', '<f4')", `${type}`);
  if (!/'fortran_order':\s*False/.test(header)) throw fault('row-major data', 'fortran_order');
  const shape = sizes
    .split(',')
    .filter((size) => size.trim() !== '')
    .map(Number);
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0))
    throw fault('a shape of whole numbers', `(${sizes})`);
  const count = shape.reduce((product, size) => product * size, 1);
  // A Buffer's slice() would share memory where a Uint8Array's copies, and its buffer would hold all of it.
  const content = Uint8Array.prototype.slice.call(bytes, start + length);
  const width = type === '<f2' ? 2 : 4;
  if (content.length !== count * width)
    throw fault(`${count * width} bytes of data for shape (${shape})`, `${content.length}`);
  return { shape, data: width === 2 ? fromFloat16(new Uint16Array(content.buffer)) : new Float32Array(content.buffer) };
}

function fault(rule: string, got: string): RangeError {
  return new RangeError(`decodeNumpy: expected ${rule}, got ${got}`);
}
