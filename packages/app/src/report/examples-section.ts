/** Image, prediction, overlay and ground truth, row by row, from the most to the least certain. */
import type { RasterImage } from '@autoregseg/data';
import { hexOf, paletteRgb } from '../pictures/palette.js';
import { markup, type Markup, type MarkupPart } from '../pictures/markup.js';
import { classHex, clusterTitle } from './colours.js';
import type { EmbeddedExample } from './embed.js';
import { count, percent, plural } from './format.js';
import type { ReportEvaluation, ReportExample, RunReport } from './run-report.js';
import type { Standing } from './select-examples.js';

export interface DrawnExample {
  readonly example: ReportExample;
  readonly standing: Standing;
  readonly pictures: EmbeddedExample;
}

export function examplesSection(report: RunReport, drawn: readonly DrawnExample[]): Markup {
  if (drawn.length === 0)
    return markup`<section aria-labelledby="images"><h2 id="images">Images</h2>
<p class="hint">No image has been segmented yet.</p></section>`;
  const stretched = drawn.some(({ pictures }) => pictures.stretched);
  return markup`<section aria-labelledby="images">
<h2 id="images">Images</h2>
<p class="hint">${intro(report, drawn.length)} ${stretched && 'The contrast of images that are not 8-bit is stretched for display. '}${report.evaluation && 'A class of the ground truth has the colour of its cluster, the largest where it has several. '}${drawn.some(({ pictures }) => pictures.disagreement) && 'Disagreement: white where the eight orderings put a pixel into different clusters, black where all agree. '}Hatched: not valid, or ignored by the labels.</p>
<ul class="key" aria-label="Colours of the clusters">${report.clusters.map(({ id }) => keyEntry(hexOf(paletteRgb(id + 1)[id]), clusterTitle(report, id)))}${unmatchedKey(report.evaluation)}</ul>
<div class="opacity" hidden><label for="opacity">Overlay opacity</label><input id="opacity" type="range" min="0" max="100" value="50"><output for="opacity">50 %</output></div>
${drawn.map((one) => row(one, report))}
</section>`;
}

function intro({ summary }: RunReport, shown: number): string {
  const all = summary.segmented.images;
  const which = all > shown ? `${count(shown)} of ${plural(all, 'image')}` : plural(shown, 'image');
  return `${which}, from the most to the least certain. Certainty is the mean probability of the chosen cluster.`;
}

function keyEntry(colour: string, title: string): Markup {
  return markup`<li><span class="swatch" style="background:${colour}"></span><bdi>${title}</bdi></li>`;
}

/** Classes that no cluster was matched to have a colour of their own in the ground truth. */
function unmatchedKey(evaluation: ReportEvaluation | undefined): MarkupPart {
  if (!evaluation) return undefined;
  const { classes, matching } = evaluation;
  const colours = classHex(evaluation);
  return classes.map((name, klass) =>
    Array.from(matching).includes(klass) ? undefined : keyEntry(colours[klass], `${name} (no cluster)`),
  );
}

function row({ example, standing, pictures }: DrawnExample, { evaluation }: RunReport): Markup {
  const { id, certainty } = example;
  const right = evaluation && example.label ? agreementWithLabels(example, example.label, evaluation) : undefined;
  const size = markup`width="${pictures.width}" height="${pictures.height}"`;
  const sharpness = pictures.width > example.image.shape[1] ? ' enlarged' : '';
  return markup`<article class="example">
<h3><bdi>${id}</bdi>${standing !== 'between' && markup` <span class="badge">${standing}</span>`}<span class="certainty">certainty ${percent(certainty)}</span></h3>
<div class="panels${sharpness}">
<figure><img src="${pictures.photo}" ${size} alt="Image ${id}"><figcaption>Image</figcaption></figure>
<figure class="hatch"><img src="${pictures.prediction}" ${size} alt="Predicted clusters of ${id}"><figcaption>Prediction</figcaption></figure>
<figure class="overlay"><div class="stack"><img src="${pictures.photo}" ${size} alt="Image ${id} with its predicted clusters laid over it"><img class="veil" src="${pictures.prediction}" ${size} alt=""><img src="${pictures.borders}" ${size} alt=""></div><figcaption>Overlay</figcaption></figure>
${pictures.disagreement !== undefined && markup`<figure><img src="${pictures.disagreement}" ${size} alt="Where the orderings disagree about ${id}"><figcaption>Disagreement<span class="certainty">${percent(meanOf(example.disagreement!))} of pairs</span></figcaption></figure>`}
${pictures.truth !== undefined && markup`<figure class="hatch"><img src="${pictures.truth}" ${size} alt="Ground truth of ${id}"><figcaption>Ground truth${right !== undefined && markup`<span class="certainty">${percent(right)} right</span>`}</figcaption></figure>`}
</div>
</article>
`;
}

function meanOf({ data }: RasterImage): number {
  return data.reduce((sum, share) => sum + share, 0) / data.length;
}

/** Share of the labelled pixels whose cluster is matched to their class; undefined when none is labelled. */
function agreementWithLabels(
  { prediction }: ReportExample,
  label: Int32Array,
  { classes, matching }: ReportEvaluation,
): number | undefined {
  let labelled = 0;
  let right = 0;
  label.forEach((klass, pixel) => {
    if (klass < 0 || klass >= classes.length || prediction[pixel] < 0) return;
    labelled++;
    if (matching[prediction[pixel]] === klass) right++;
  });
  return labelled === 0 ? undefined : right / labelled;
}
