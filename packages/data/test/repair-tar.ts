/** Mends the checksums of a tar archive's headers, so that edits get past them. */

const BLOCK = 512;

/** Blocks that say "ustar" count as headers. */
export function repairTar(bytes: Uint8Array): Uint8Array {
  const mended = Buffer.from(bytes);
  for (let at = 0; at + BLOCK <= mended.length; at += BLOCK) {
    const header = mended.subarray(at, at + BLOCK);
    if (header.toString('latin1', 257, 262) !== 'ustar') continue;
    header.fill(' ', 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  }
  return mended;
}
