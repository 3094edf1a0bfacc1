/**
 * How far the orderings agree on images, without labels: what runs, heads and steps are chosen by.
 *
 * Every pair of different orderings is two looks at one position. Over all pairs and positions:
 *
 *   information = I(P),  P[k,l] = mean over positions and pairs of p_a[k] p_b[l]      nats, in [0, log K]
 *   agreement   = share of positions and pairs where the most likely cluster is the same, 0..1
 *   kappa       = (agreement - C) / (1 - C),  C = sum_k (share of cluster k over all orderings)^2      Fleiss' kappa
 *   certainty   = mean probability of the most likely cluster, 1/K..1
 */

export interface OrderingScores {
  readonly information: number;
  readonly agreement: number;
  /** 0 where one cluster has all positions. */
  readonly kappa: number;
  readonly certainty: number;
  /** exp of the entropy of the mean assignment, 1..K. */
  readonly effectiveClusters: number;
}

/** Counts probability maps of several orderings, image by image; memory does not grow with their number. */
export class OrderingTally {
  private readonly joint: Float64Array;
  /** How often each cluster was the most likely one. */
  private readonly chosen: Float64Array;
  private positions = 0;
  private agreeing = 0;
  private certain = 0;

  constructor(
    private readonly orderings: number,
    private readonly clusters: number,
  ) {
    this.joint = new Float64Array(clusters * clusters);
    this.chosen = new Float64Array(clusters);
  }

  /** @param probs - [orderings, positions, K], rows sum to 1 */
  add(probs: Float32Array): void {
    const { orderings, clusters, joint } = this;
    const positions = probs.length / (orderings * clusters);
    const sum = new Float64Array(clusters);
    const votes = new Int32Array(clusters);
    for (let position = 0; position < positions; position++) {
      sum.fill(0);
      votes.fill(0);
      for (let ordering = 0; ordering < orderings; ordering++) {
        const at = (ordering * positions + position) * clusters;
        let best = 0;
        for (let k = 0; k < clusters; k++) {
          sum[k] += probs[at + k];
          if (probs[at + k] > probs[at + best]) best = k;
          // Pairs of one ordering with itself are in the product of sums below, and are no pairs.
          for (let l = 0; l < clusters; l++) joint[k * clusters + l] -= probs[at + k] * probs[at + l];
        }
        votes[best]++;
        this.certain += probs[at + best];
      }
      for (let k = 0; k < clusters; k++) {
        for (let l = 0; l < clusters; l++) joint[k * clusters + l] += sum[k] * sum[l];
        this.agreeing += votes[k] * (votes[k] - 1);
        this.chosen[k] += votes[k];
      }
    }
    this.positions += positions;
  }

  /** [K * K], symmetric, sums to 1. @throws RangeError when nothing was counted */
  jointDistribution(): Float64Array {
    if (this.positions === 0) throw new RangeError('OrderingTally: there must be positions to score, got none');
    const total = this.joint.reduce((sum, weight) => sum + weight, 0);
    // A difference of sums may leave a hair below zero where nothing is.
    return this.joint.map((weight) => Math.max(0, weight) / total);
  }

  /** @throws RangeError when nothing was counted */
  scores(): OrderingScores {
    const { orderings, positions } = this;
    const joint = this.jointDistribution();
    const marginal = marginalOf(joint, this.clusters);
    const agreement = this.agreeing / (positions * orderings * (orderings - 1));
    const byChance = this.chosen.reduce((sum, count) => sum + (count / (positions * orderings)) ** 2, 0);
    return {
      information: 2 * entropy(marginal) - entropy(joint),
      agreement,
      kappa: byChance < 1 ? (agreement - byChance) / (1 - byChance) : 0,
      certainty: this.certain / (positions * orderings),
      effectiveClusters: Math.exp(entropy(marginal)),
    };
  }
}

/** Row sums of a square table, [K]. */
function marginalOf(joint: Float64Array, clusters: number): Float64Array {
  return Float64Array.from({ length: clusters }, (_, k) =>
    joint.subarray(k * clusters, (k + 1) * clusters).reduce((sum, weight) => sum + weight, 0),
  );
}

/** - sum p log p, nats, 0 log 0 = 0. */
function entropy(probs: Float64Array): number {
  return -probs.reduce((sum, p) => (p > 0 ? sum + p * Math.log(p) : sum), 0);
}
