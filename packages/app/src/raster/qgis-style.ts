/**
 * A QGIS layer style beside a mask: one colour and name for each cluster. QGIS takes `NAME.qml` for `NAME.tif` by itself.
 */
import { escapeMarkup } from '../pictures/markup.js';
import type { LegendEntry } from '../pictures/legend.js';

/** The style of a raster whose pixel values are cluster ids. */
export function rasterStyle(legend: readonly LegendEntry[]): string {
  const entries = legend.map(
    ({ cluster, color, name, share }) =>
      `        <paletteEntry value="${cluster}" color="${color}" alpha="255" label="${escapeMarkup(labelOf(cluster, name, share))}"/>`,
  );
  return `<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22" styleCategories="Symbology" hasScaleBasedVisibilityFlag="0">
  <pipe>
    <rasterrenderer type="paletted" band="1" opacity="1" alphaBand="-1" nodataColor="">
      <rasterTransparency/>
      <colorPalette>
${entries.join('\n')}
      </colorPalette>
    </rasterrenderer>
    <brightnesscontrast brightness="0" contrast="0" gamma="1"/>
    <huesaturation saturation="0"/>
    <rasterresampler maxOversampling="2"/>
  </pipe>
  <blendMode>0</blendMode>
</qgis>
`;
}

function labelOf(cluster: number, name: string | undefined, share: number): string {
  return `${name ?? `cluster ${cluster}`} (${(100 * share).toFixed(1)} %)`;
}
