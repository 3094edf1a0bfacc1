/** A network that was never trained, but whose clusters all occur: rasters of light and dark patches become regions. */
import type { Network } from '@autoregseg/orderings';

/** Spreads the heads' weights so that no cluster wins everywhere: every bias is what makes clusters equal on grey. */
export function splitMask(network: Network): void {
  const { config, weights } = network.save();
  const changed = Object.fromEntries(
    Object.entries(weights).map(([name, { shape, data }]) => {
      if (!name.startsWith('decoder/') || !name.endsWith('_kernel')) return [name, { shape, data }];
      // Rows of features, columns of clusters: columns of mean zero are not won by one cluster alone.
      const clusters = shape[3];
      const means = Array.from({ length: clusters }, (_, k) => {
        const column = data.filter((_, i) => i % clusters === k);
        return column.reduce((sum, value) => sum + value, 0) / column.length;
      });
      return [name, { shape, data: data.map((value, i) => value - means[i % clusters]) }];
    }),
  );
  network.load({ config, weights: changed });
}
