/** What `autoregseg bench` prints of a loss beside the other ways of computing it. */
import type { ContrastForms, ContrastTimes } from '../bench/contrast-forms.js';
import type { LossForms } from '../bench/loss-forms.js';
import { printResult } from './console.js';

export function sayContrast({ infoNce, ntXent, chunkedPeakMemoryMb = 0 }: Partial<ContrastForms>): void {
  printResult(`InfoNCE ${describeContrast(infoNce!)}; NT-Xent ${describeContrast(ntXent!)}`);
  printResult(`peak before the matrices ${chunkedPeakMemoryMb.toFixed(0)} MB`);
}

function describeContrast({ medianSeconds, oneMatrixSeconds, speedUp }: ContrastTimes): string {
  const other = speedUp && `, as one matrix ${oneMatrixSeconds!.toFixed(3)} s (x ${speedUp.toFixed(2)})`;
  return `${medianSeconds.toFixed(3)} s${other ?? ''}`;
}

export function sayForms({
  pooledT1Seconds = 0,
  pooledOverT1 = 0,
  perDisplacementSeconds = 0,
  oneConvolutionSeconds,
  speedUp,
}: Partial<LossForms>): void {
  const other =
    speedUp === undefined
      ? ''
      : `, as one convolution ${oneConvolutionSeconds!.toFixed(3)} s (x ${speedUp.toFixed(1)})`;
  printResult(
    `pooled at T = 1 ${pooledT1Seconds.toFixed(3)} s (T = 10 takes ${pooledOverT1.toFixed(2)} times that), per displacement ${perDisplacementSeconds.toFixed(3)} s${other}`,
  );
}
