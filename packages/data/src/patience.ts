/**
 * How long decoding may take before it counts as hung: two seconds, and more for what honestly takes longer.
 *
 * Measured where this was written: the slowest kind (LZW tiles, in JavaScript) takes 0.06 s a mebibyte of samples.
 */

/** For any file, however small; AUTOREGSEG_DECODE_SECONDS stands in for it on slow disks and machines. */
const BASE_MS = 2000;

/** For each mebibyte of samples: four times what the slowest kind takes. */
const MS_PER_MEBIBYTE = 250;

/**
 * @param bytes - of samples that are decoded, 0 for a header alone
 * @returns milliseconds
 */
export function decodingPatienceMs(bytes: number): number {
  const seconds = Number(process.env.AUTOREGSEG_DECODE_SECONDS);
  const base = seconds > 0 ? 1000 * seconds : BASE_MS;
  return Math.ceil(base + (MS_PER_MEBIBYTE * bytes) / 2 ** 20);
}

/** Preparing decodes an image and its label, scales both and writes them. */
const PREPARING_FACTOR = 10;

/**
 * For one question of a preparation: a process that takes longer hangs.
 *
 * @param bytes - of the samples that are decoded where a header told, else of the files
 * @returns milliseconds
 */
export function preparingPatienceMs(bytes: number): number {
  return PREPARING_FACTOR * decodingPatienceMs(bytes);
}
