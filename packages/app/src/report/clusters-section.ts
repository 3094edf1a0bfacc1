/** The legend: each cluster's colour, name, share and sample patches. */
import { markup, type Markup } from '../pictures/markup.js';
import type { LegendCluster } from '../pictures/legend.js';
import { colorOf } from '../pictures/palette.js';
import type { PatchSheet } from '../pictures/patch-sheet.js';
import { clusterTitle } from './colours.js';
import { dataUri } from './embed.js';
import { percent, plural } from './format.js';
import type { RunReport } from './run-report.js';

/** @param sheets - one for each cluster, in the report's order */
export function clustersSection(report: RunReport, sheets: readonly PatchSheet[]): Markup {
  return markup`<section aria-labelledby="clusters">
<h2 id="clusters">Clusters</h2>
<p class="hint">Share of all segmented pixels, and up to nine places that each cluster covers. The number is the pixel value in the masks${report.evaluation && '; the name is that of the class it was matched to'}.</p>
<ul class="cards">
${report.clusters.map((cluster, i) => card(cluster, clusterTitle(report, cluster.id), sheets[i]))}</ul>
</section>`;
}

function card({ id, share, patches }: LegendCluster, title: string, sheet: PatchSheet): Markup {
  const colour = colorOf(id);
  const picture =
    patches.length === 0
      ? markup`<p class="empty">no patch</p>`
      : markup`<img src="${dataUri('image/jpeg', sheet.jpeg)}" width="${sheet.width}" height="${sheet.height}" alt="${plural(patches.length, 'sample patch', 'sample patches')} of ${title}">`;
  return markup`<li><h3><span class="swatch" style="background:${colour}"></span><bdi>${title}</bdi></h3>
<p class="share"><span class="bar"><span style="width:${(100 * share).toFixed(2)}%;background:${colour}"></span></span>${percent(share)}</p>
${picture}</li>
`;
}
