/** The page of `autoregseg view`: masks of a run's images at a step, and its clusters to be named and merged. */

const PAGE_SIZE = 48;
const SWATCH = 'http://www.w3.org/2000/svg';

const byId = (id) => document.getElementById(id);
const percent = (share) => `${(100 * share).toFixed(1)} %`;
const token = document.querySelector('meta[name=autoregseg-token]').content;

const ORDERS = {
  'least certain': { applies: () => true, compare: (a, b) => a.certainty - b.certainty },
  worst: {
    applies: (image) => image.accuracy !== undefined,
    compare: (a, b) => (a.accuracy ?? 2) - (b.accuracy ?? 2),
  },
  'most certain': { applies: () => true, compare: (a, b) => b.certainty - a.certainty },
  'by name': { applies: () => true, compare: (a, b) => a.id.localeCompare(b.id) },
};

const run = await (await fetch('/run')).json();
let edits = run.edits;
let shown = PAGE_SIZE;
/** Makes the browser ask again for masks whose clusters were merged. */
let version = 0;

document.title = `${run.title} · autoregseg view`;
byId('title').textContent = run.title;
setUpControls();
drawClusters();
drawImages();

function setUpControls() {
  const step = byId('step');
  step.max = String(run.steps.length - 1);
  step.value = step.max;
  step.disabled = run.steps.length === 1;
  step.addEventListener('input', () => {
    sayStep();
    updateMasks();
  });
  sayStep();
  byId('opacity').addEventListener('input', ({ target }) =>
    document.documentElement.style.setProperty('--opacity', String(target.value / 100)),
  );
  const order = byId('order');
  for (const [name, { applies }] of Object.entries(ORDERS))
    if (run.images.some(applies)) order.add(new Option(name, name));
  order.value = run.images.some(ORDERS.worst.applies) ? 'worst' : 'least certain';
  order.addEventListener('change', drawImages);
  byId('more').addEventListener('click', () => {
    shown += PAGE_SIZE;
    drawImages();
  });
}

function currentStep() {
  return run.steps[Number(byId('step').value)];
}

function sayStep() {
  const last = run.steps.at(-1);
  byId('step-value').textContent = `${currentStep()} of ${last}`;
  byId('step').setAttribute('aria-valuetext', `step ${currentStep()} of ${last}`);
}

function maskUrl(index) {
  return `/mask/${currentStep()}/${index}?${version}`;
}

function updateMasks() {
  for (const mask of document.querySelectorAll('.mask')) mask.src = maskUrl(mask.dataset.index);
}

function drawImages() {
  const { compare } = ORDERS[byId('order').value];
  const sorted = run.images.toSorted(compare);
  byId('images').replaceChildren(...sorted.slice(0, shown).map(imageItem));
  byId('more').hidden = sorted.length <= shown;
}

function imageItem({ index, id, certainty, accuracy }) {
  const photo = element('img', { src: `/photo/${index}`, alt: id, loading: 'lazy' });
  const mask = element('img', { className: 'mask', src: maskUrl(index), alt: `clusters of ${id}`, loading: 'lazy' });
  mask.dataset.index = String(index);
  const facts = [`certainty ${percent(certainty)}`];
  if (accuracy !== undefined) facts.push(`right ${percent(accuracy)}`);
  const caption = element('figcaption', {}, [
    element('span', { className: 'id', textContent: id }),
    ...facts.map((textContent) => element('span', { textContent })),
  ]);
  return element('li', {}, [element('figure', {}, [element('div', { className: 'stack' }, [photo, mask]), caption])]);
}

function drawClusters() {
  byId('clusters').replaceChildren(...run.clusters.map(clusterItem));
}

function clusterItem({ id, color, share }) {
  const into = edits.merged[id];
  const name = element('input', { value: edits.names[id] ?? '', placeholder: `Cluster ${id}`, maxLength: 80 });
  name.setAttribute('aria-label', `Name of cluster ${id}`);
  name.addEventListener('change', () => rename(id, name.value.trim()));
  const select = element('select', { id: `into-${id}` });
  select.add(new Option('itself', ''));
  for (const other of run.clusters) {
    if (other.id !== id && edits.merged[other.id] === undefined)
      select.add(new Option(title(other.id), String(other.id)));
  }
  select.value = into === undefined ? '' : String(into);
  // Others count as this one: it cannot count as a third.
  select.disabled = Object.values(edits.merged).includes(id);
  select.addEventListener('change', () => merge(id, select.value));
  return element('li', {}, [
    swatch(into === undefined ? color : run.clusters[into].color),
    name,
    element('span', { className: 'share', textContent: percent(share) }),
    element('span', { className: 'into' }, [
      element('label', { htmlFor: `into-${id}`, textContent: 'counts as' }),
      select,
    ]),
  ]);
}

function title(id) {
  return edits.names[id] ? `${id} · ${edits.names[id]}` : `Cluster ${id}`;
}

/** A picture rather than a style: the page's policy allows no inline styles. */
function swatch(color) {
  const picture = document.createElementNS(SWATCH, 'svg');
  picture.setAttribute('viewBox', '0 0 10 10');
  picture.setAttribute('aria-hidden', 'true');
  const square = document.createElementNS(SWATCH, 'rect');
  for (const [key, value] of Object.entries({ width: 10, height: 10, rx: 2, fill: color }))
    square.setAttribute(key, value);
  picture.append(square);
  return picture;
}

function rename(id, name) {
  const names = { ...edits.names };
  if (name === '') delete names[id];
  else names[id] = name;
  return save({ ...edits, names });
}

function merge(id, into) {
  const merged = { ...edits.merged };
  if (into === '') delete merged[id];
  else merged[id] = Number(into);
  return save({ ...edits, merged });
}

async function save(changed) {
  const status = byId('status');
  const response = await fetch('/clusters', {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json', 'X-Autoregseg-Token': token },
    body: JSON.stringify(changed),
  }).catch((error) => ({ ok: false, text: async () => `not saved: ${error.message}` }));
  status.classList.toggle('fault', !response.ok);
  if (response.ok) {
    edits = await response.json();
    version += 1;
    status.textContent = 'Saved.';
    updateMasks();
  } else {
    status.textContent = await response.text();
  }
  const focused = document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.id;
  drawClusters();
  for (const field of byId('clusters').querySelectorAll('input, select'))
    if ((field.getAttribute('aria-label') ?? field.id) === focused) field.focus();
}

function element(tag, properties, children = []) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}
