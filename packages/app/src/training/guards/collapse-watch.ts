/**
 * Collapse: all positions in one cluster. It shows long before a training ends, and seldom mends itself.
 */
import type { TrainConfig } from '../config.js';

type Choices = Pick<TrainConfig, 'clusters' | 'entropyWeight' | 'learningRate' | 'warmupSteps'> & {
  readonly network: Pick<TrainConfig['network'], 'normalization'>;
};

/** How much of the running mean of effective clusters each step keeps: about twenty steps count. */
const MEMORY = 0.9;
/** Steps after the warm-up before anything is said: the first ones sway. */
const PATIENCE = 20;

/** Watches the effective clusters of the best main head, exp(entropy of its mean assignment). */
export class CollapseWatch {
  private mean: number | undefined;
  private warned = false;

  constructor(private readonly choices: Choices) {}

  /**
   * @returns a warning that names the cure, once; else undefined
   */
  look(step: number, effectiveClusters: number): string | undefined {
    if (!Number.isFinite(effectiveClusters)) return undefined;
    this.mean = MEMORY * (this.mean ?? effectiveClusters) + (1 - MEMORY) * effectiveClusters;
    const { clusters, warmupSteps } = this.choices;
    if (this.warned || step < warmupSteps + PATIENCE || this.mean >= collapsedBelow(clusters)) return undefined;
    this.warned = true;
    return (
      `collapse: at step ${step} all but everything is in one cluster (${this.mean.toFixed(2)} effective clusters of ` +
      `${clusters}). Stop, and train again with ${cures(this.choices).join(', or ')}`
    );
  }
}

/** Half a cluster more than one, or less where there are two or three. */
function collapsedBelow(clusters: number): number {
  return 1 + Math.min(0.5, 0.15 * (clusters - 1));
}

function cures({ entropyWeight, learningRate, network }: Choices): string[] {
  return [
    `a larger --entropy-weight (now ${entropyWeight})`,
    `a lower --learning-rate (now ${learningRate})`,
    ...(network.normalization === 'none' ? ['--normalization batch'] : []),
  ];
}
