/** Right checksums for an edited PNG file, so that a decoder looks at what was edited. */
import { crc32 } from 'node:zlib';

/** The same chunks, as far as their lengths make sense, each with its right CRC. */
export function repairPng(bytes: Uint8Array): Uint8Array {
  const repaired = Uint8Array.from(bytes);
  const view = new DataView(repaired.buffer);
  for (let at = 8; at + 12 <= repaired.length;) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > repaired.length) break;
    view.setUint32(end, crc32(repaired.subarray(at + 4, end)));
    at = end + 4;
  }
  return repaired;
}
