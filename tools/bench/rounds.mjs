/** Repeated measurements of several programs by turns, and what they amount to. */

/** @typedef {{ medianSeconds: number, imagesPerSecond: number, gflopPerSecond?: number, shareOfMatMul?: number, peakMemoryMb: number, engine: string }} Measurement */
/** @typedef {{ name: string, measure: () => Measurement }} Contender */
/** @typedef {{ name: string, engine: string, medianSeconds: number, iqrSeconds: number, imagesPerSecond: number,
 *   gflopPerSecond?: number, shareOfMatMul?: number, peakMemoryMb: number, ratio: number, roundSeconds: number[] }} Row */

/**
 * Runs A B C A B C ..., so that a busy minute of the machine falls on all of them.
 *
 * @param {readonly Contender[]} contenders
 * @param {number} rounds
 * @param {(name: string, round: number) => void} onRound
 * @returns {Row[]} in the order given; `ratio` is a contender's median time over the first one's
 */
export function measureByTurns(contenders, rounds, onRound = () => {}) {
  /** @type {Measurement[][]} */
  const measured = contenders.map(() => []);
  for (let round = 1; round <= rounds; round++) {
    contenders.forEach(({ name, measure }, index) => {
      onRound(name, round);
      measured[index].push(measure());
    });
  }
  const first = median(measured[0].map(({ medianSeconds }) => medianSeconds));
  return contenders.map(({ name }, index) => summarise(name, measured[index], first));
}

/** @param {string} name @param {Measurement[]} results @param {number} reference - seconds @returns {Row} */
function summarise(name, results, reference) {
  const seconds = results.map(({ medianSeconds }) => medianSeconds);
  const gflop = results.flatMap(({ gflopPerSecond }) => gflopPerSecond ?? []);
  const shares = results.flatMap(({ shareOfMatMul }) => shareOfMatMul ?? []);
  return {
    name,
    engine: results[0].engine,
    medianSeconds: median(seconds),
    iqrSeconds: quantile(seconds, 0.75) - quantile(seconds, 0.25),
    imagesPerSecond: median(results.map(({ imagesPerSecond }) => imagesPerSecond)),
    ...(gflop.length > 0 && { gflopPerSecond: median(gflop) }),
    ...(shares.length > 0 && { shareOfMatMul: median(shares) }),
    peakMemoryMb: Math.max(...results.map(({ peakMemoryMb }) => peakMemoryMb)),
    ratio: median(seconds) / reference,
    roundSeconds: seconds,
  };
}

/** @param {readonly number[]} values */
const median = (values) => quantile(values, 0.5);

/** Linear interpolation between order statistics. @param {readonly number[]} values @param {number} share */
export function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  const position = share * (sorted.length - 1);
  const low = Math.floor(position);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (position - low) * (sorted[high] - sorted[low]);
}

/** @param {readonly Row[]} rows @returns {string} a table for people */
export function formatRows(rows) {
  const head = ['', 'median s', 'IQR s', 'images/s', 'of matMul', 'peak MB', 'time / ours'];
  const cells = rows.map((row) => [
    `${row.name} (${row.engine})`,
    row.medianSeconds.toFixed(3),
    row.iqrSeconds.toFixed(3),
    row.imagesPerSecond.toFixed(2),
    row.shareOfMatMul === undefined ? '-' : `${(100 * row.shareOfMatMul).toFixed(0)} %`,
    row.peakMemoryMb.toFixed(0),
    row.ratio.toFixed(2),
  ]);
  return align([head, ...cells]);
}

/**
 * As `autoregseg bench sizes --json` has them.
 * @typedef {{ height: number, width: number, batchSize: number, medianSeconds: number, secondsPerMegapixel: number, peakMemoryMb: number }} SizeRow
 */

/** @param {readonly SizeRow[]} rows @returns {string} a table for people; time for a million pixels shows what is not linear */
export function formatSizes(rows) {
  const head = ['images of', 'batch', 'median s', 's / megapixel', 'peak MB so far'];
  const cells = rows.map(({ height, width, batchSize, medianSeconds, secondsPerMegapixel, peakMemoryMb }) => [
    `${height} x ${width}`,
    String(batchSize),
    medianSeconds.toFixed(3),
    secondsPerMegapixel.toFixed(1),
    peakMemoryMb.toFixed(0),
  ]);
  return align([head, ...cells]);
}

/** The first column to the left, the others to the right. @param {readonly (readonly string[])[]} table */
function align(table) {
  const widths = table[0].map((_, column) => Math.max(...table.map((line) => line[column].length)));
  return table
    .map((line) => line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '))
    .join('\n');
}
