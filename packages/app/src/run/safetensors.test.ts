import { describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from './safetensors.js';

const FILE = {
  tensors: {
    kernel: { shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, 1e-30, 6) },
    'block.0.bias': { shape: [1], data: Float32Array.of(7) },
    empty: { shape: [0], data: new Float32Array(0) },
  },
  metadata: { step: '12', note: 'größer' },
};

describe('value', () => {
  it('gives back what it was given', () => {
    expect(decodeSafetensors(encodeSafetensors(FILE))).toEqual(FILE);
  });

  it('lays out the bytes as the format says: length, JSON header, data', () => {
    const bytes = encodeSafetensors({ tensors: { a: { shape: [1], data: Float32Array.of(1) } }, metadata: {} });
    const headerBytes = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerBytes)));
    expect(header).toEqual({ __metadata__: {}, a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } });
    expect((8 + headerBytes) % 8).toBe(0);
    // 1.0f, little-endian
    expect([...bytes.subarray(8 + headerBytes)]).toEqual([0, 0, 0x80, 0x3f]);
  });

  it('reads from a view that does not start at the beginning of its buffer', () => {
    const bytes = encodeSafetensors(FILE);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(decodeSafetensors(shifted.subarray(3))).toEqual(FILE);
  });

  it('reads float16 as float32', () => {
    const header = new TextEncoder().encode('{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}  ');
    const file = new Uint8Array(8 + header.length + 4);
    new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
    file.set(header, 8);
    file.set([0x00, 0x3c, 0x00, 0xc0], 8 + header.length); // 1 and -2
    expect(decodeSafetensors(file).tensors.a).toEqual({ shape: [2], data: Float32Array.of(1, -2) });
  });
});

describe('error', () => {
  const bytes = encodeSafetensors(FILE);

  it('names a file that is too short', () => {
    expect(() => decodeSafetensors(new Uint8Array(5))).toThrow(
      'decodeSafetensors: expected a file of at least 8 bytes, got 5 bytes',
    );
  });

  it('names a header that reaches past the end', () => {
    expect(() => decodeSafetensors(bytes.subarray(0, 20))).toThrow(
      /expected a header within the file, got a header of \d+/,
    );
  });

  it('names a tensor whose data is cut off', () => {
    expect(() => decodeSafetensors(bytes.subarray(0, bytes.length - 4))).toThrow(
      /expected 4 bytes of tensor block.0.bias within 24, got offsets \[24,28\]/,
    );
  });

  it('refuses a header that is no JSON', () => {
    const broken = Uint8Array.from(bytes);
    broken[8] = 0x7d;
    expect(() => decodeSafetensors(broken)).toThrow('expected a header of JSON, got bytes that are not');
  });

  it.each([
    [
      'another dtype',
      '{"a":{"dtype":"I16","shape":[2],"data_offsets":[0,4]}}',
      'expected tensor a of dtype F32 or F16 with a shape, got dtype I16, shape [2]',
    ],
    [
      'no entry',
      '{"a":null}',
      'expected tensor a of dtype F32 or F16 with a shape, got dtype undefined, shape undefined',
    ],
    [
      'a shape beyond all numbers',
      '{"a":{"dtype":"F32","shape":[9007199254740991,9007199254740991],"data_offsets":[0,4]}}',
      'bytes of tensor a within 4, got offsets [0,4]',
    ],
    [
      'two tensors over the same bytes',
      '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
      'expected tensor b to start at byte 4 of the data, got offset 0',
    ],
    ['bytes of no tensor', '{}', 'expected tensors that cover 4 bytes of data, got 0'],
    [
      'metadata that is no text',
      '{"__metadata__":{"step":7},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
      'expected metadata of strings, got {"step":7}',
    ],
  ])('refuses %s', (_, header, message) => {
    expect(() => decodeSafetensors(fileOf(header))).toThrow(message);
  });
});

/** A file of this header and four bytes of data. */
function fileOf(header: string): Uint8Array {
  const json = new TextEncoder().encode(header);
  const file = new Uint8Array(8 + json.length + 4);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  return file;
}
