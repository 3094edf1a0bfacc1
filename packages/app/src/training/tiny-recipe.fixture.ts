/** The least that trains, for images of 32 x 32. */
export const TINY_RECIPE = {
  network: { stemChannels: 2, blocks: 1 },
  crop: [24, 24] as [number, number],
  batchSize: 2,
  halfWindow: 1,
};
