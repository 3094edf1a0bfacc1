/** Names of the network's heads. */

/** The head of more clusters than are wanted, which shapes the features. */
export const OVERCLUSTERING_HEAD = 'over';

/** Features that are compared and nothing else: no clusters. */
export const PROJECTION_HEAD = 'projection';

/** The head that is taught after training (distilled-head.ts); no loss reaches it. */
export const DISTILLED_HEAD = 'distilled';

/** `main0`, `main1`, ...: the heads that segment. */
export function mainHeadNames(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `main${i}`);
}
