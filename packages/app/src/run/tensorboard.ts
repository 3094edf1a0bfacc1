/** The gauges as TensorBoard event files, where the native engine runs: its library writes them. */
import { openSummaryWriter } from '@autoregseg/engine';
import type { StepMetrics } from './metrics.js';

export interface TensorBoard {
  write(metrics: StepMetrics): void;
  close(): void;
}

/** The gauges worth a curve. */
const CURVES = ['loss', 'information', 'effectiveClusters', 'agreement', 'imagesPerSecond', 'learningRate'] as const;

/** @returns undefined on the other engines */
export function openTensorBoard(folder: string): TensorBoard | undefined {
  const writer = openSummaryWriter(folder);
  return (
    writer && {
      write(metrics) {
        for (const name of CURVES) writer.scalar(name, metrics[name], metrics.step);
      },
      close: () => writer.flush(),
    }
  );
}
