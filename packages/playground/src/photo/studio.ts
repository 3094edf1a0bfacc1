/** The second part of the page: a photo, a network that segments it, and one that learns from it. */
import { elementOf } from '../dom.js';
import { drawCurve } from './curve.js';
import { Legend } from './legend.js';
import { maskFile } from './mask-file.js';
import type { Clusters, Gauges, Photo, Reply, Request } from './messages.js';
import { drawPicture, shrinkPhoto } from './picture.js';

/** Longer side, in pixels, at which photos are shown, and at which networks see them. */
const SHOWN_SIDE = 960;
const WORKING_SIDE = 240;

const BACKEND_TITLES = { webgpu: 'WebGPU', webgl: 'WebGL', wasm: 'WebAssembly' } as const;

export class Studio {
  private worker: Worker | undefined;
  private photo: { readonly shown: ImageBitmap; readonly working: Photo } | undefined;
  private result: Clusters | undefined;
  private information: number[] = [];
  private paused = false;
  /** Of the training that is under way; a reset begins another. */
  private run = 0;
  private backend = '';
  private readonly status = elementOf('status', HTMLElement);
  private readonly canvas = elementOf('picture', HTMLCanvasElement);
  private readonly opacity = elementOf('opacity', HTMLInputElement);
  private readonly clusters = elementOf('clusters', HTMLInputElement);
  private readonly chosenBackend = elementOf('backend', HTMLSelectElement);
  private readonly head = elementOf('bundled-head', HTMLSelectElement);
  private readonly buttons = {
    segment: elementOf('segment', HTMLButtonElement),
    train: elementOf('train', HTMLButtonElement),
    pause: elementOf('pause', HTMLButtonElement),
    reset: elementOf('reset', HTMLButtonElement),
    model: elementOf('download-model', HTMLButtonElement),
  };
  private readonly legend = new Legend(elementOf('legend', HTMLUListElement), () => this.show());

  /** Fills the controls and listens to them. */
  start(): void {
    const file = elementOf('file', HTMLInputElement);
    file.addEventListener('change', () => file.files?.[0] && this.open(file.files[0]));
    elementOf('sample', HTMLButtonElement).addEventListener('click', () => void this.openSample());
    document.addEventListener('dragover', (event) => event.preventDefault());
    document.addEventListener('drop', (event) => {
      event.preventDefault();
      const dropped = event.dataTransfer?.files[0];
      if (dropped) this.open(dropped);
    });
    this.opacity.addEventListener('input', () => this.show());
    this.clusters.addEventListener('input', () => this.showClusterCount());
    this.chosenBackend.addEventListener('change', () => this.restart());
    this.buttons.segment.addEventListener('click', () => this.segment());
    this.buttons.train.addEventListener('click', () => this.train());
    this.buttons.pause.addEventListener('click', () => this.togglePause());
    this.buttons.reset.addEventListener('click', () => {
      this.reset();
      this.buttons.train.focus();
    });
    this.buttons.model.addEventListener('click', () => this.ask({ type: 'model' }));
    elementOf('download-mask', HTMLButtonElement).addEventListener('click', () => this.downloadMask());
    this.showClusterCount();
  }

  private open(source: Blob): void {
    createImageBitmap(source).then(
      (bitmap) => this.take(bitmap),
      () => this.say('This file is no picture that the browser can read. Choose a PNG, JPEG or WebP.'),
    );
  }

  private async openSample(): Promise<void> {
    const response = await fetch('sample.png');
    this.open(await response.blob());
  }

  private async take(bitmap: ImageBitmap): Promise<void> {
    const scale = Math.min(1, SHOWN_SIDE / Math.max(bitmap.width, bitmap.height));
    const [resizeWidth, resizeHeight] = [bitmap.width, bitmap.height].map((side) =>
      Math.max(1, Math.round(side * scale)),
    );
    const shown = await createImageBitmap(bitmap, { resizeWidth, resizeHeight, resizeQuality: 'high' });
    this.photo = { shown, working: shrinkPhoto(bitmap, WORKING_SIDE) };
    this.result = undefined;
    elementOf('workbench', HTMLElement).hidden = false;
    this.reset();
    this.segment();
  }

  private segment(): void {
    if (!this.photo) return;
    this.say('Segmenting …');
    this.ask({ type: 'segment', photo: this.photo.working, head: this.head.value || 'main0' });
  }

  private train(): void {
    if (!this.photo) return;
    this.information = [];
    this.paused = false;
    this.setTraining(true);
    // A disabled button holds no focus: keys go on at the next of the group.
    this.buttons.pause.focus();
    this.say('Learning from your photo …');
    const seed = Math.floor(performance.now());
    this.run += 1;
    this.ask({ type: 'train', run: this.run, photo: this.photo.working, clusters: this.clusters.valueAsNumber, seed });
  }

  private togglePause(): void {
    this.paused = !this.paused;
    this.buttons.pause.textContent = this.paused ? 'Go on' : 'Pause';
    this.ask({ type: this.paused ? 'pause' : 'continue' });
    this.say(this.paused ? 'Paused.' : 'Learning from your photo …');
    this.buttons.model.disabled = !this.paused;
  }

  private reset(): void {
    this.run += 1;
    this.ask({ type: 'reset' });
    this.setTraining(false);
    elementOf('gauges', HTMLElement).hidden = true;
    elementOf('curve', SVGSVGElement).setAttribute('hidden', '');
    this.buttons.model.disabled = true;
    this.show();
  }

  /** A backend can be chosen once in a worker's life: another one needs another worker. */
  private restart(): void {
    this.worker?.terminate();
    this.worker = undefined;
    this.setTraining(false);
    this.segment();
  }

  private ask(request: Request): void {
    if (!this.worker) {
      if (request.type === 'reset') return;
      this.worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
      this.worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => this.receive(data));
      this.worker.addEventListener('error', (event) => this.fail(event.message));
      const assets = new URL('./', document.baseURI).href;
      const backend = this.chosenBackend.value as Extract<Request, { type: 'start' }>['backend'];
      this.worker.postMessage({ type: 'start', backend, assets } satisfies Request);
    }
    this.worker.postMessage(request);
  }

  private receive(reply: Reply): void {
    switch (reply.type) {
      case 'started':
        this.backend = BACKEND_TITLES[reply.backend];
        return this.fillHeads(reply.heads);
      case 'segmented':
        this.say(
          `Segmented in ${reply.seconds.toFixed(1)} s on ${this.backend}, by a network that knows three textures.`,
        );
        return this.setResult(reply.result);
      case 'step':
        // Said before the worker heard of the reset.
        if (reply.run !== this.run) return;
        this.showGauges(reply.gauges);
        return reply.preview && this.setResult(reply.preview);
      case 'trained':
        if (reply.run !== this.run) return;
        this.setTraining(false);
        this.buttons.model.disabled = false;
        this.buttons.reset.disabled = false;
        this.say(`Learned from your photo in ${reply.seconds.toFixed(0)} s on ${this.backend}.`);
        return this.setResult(reply.result);
      case 'model':
        return download(reply.bytes, 'autoregseg-model.safetensors', 'application/octet-stream');
      case 'failed':
        return this.fail(reply.message);
    }
  }

  private fail(message: string): void {
    this.setTraining(false);
    this.say(`That did not work: ${message}`);
  }

  private say(text: string): void {
    this.status.textContent = text;
  }

  private fillHeads(heads: Readonly<Record<string, number>>): void {
    const [first] = Object.keys(heads);
    const chosen = Object.entries(heads).filter(([name]) => name === first || name === 'over');
    this.head.replaceChildren(
      ...chosen.map(([name, clusters]) => new Option(`${clusters}${name === 'over' ? ', finer' : ''}`, name)),
    );
  }

  private setResult(result: Clusters): void {
    this.result = result;
    elementOf('legend-box', HTMLElement).hidden = false;
    this.show();
  }

  private show(): void {
    if (!this.photo) return;
    const { result } = this;
    if (!result) return drawPicture(this.canvas, this.photo.shown);
    const shares = Array.from({ length: result.clusters }, () => 0);
    for (const id of result.map) shares[id] += 1 / result.map.length;
    this.legend.show(shares);
    drawPicture(this.canvas, this.photo.shown, {
      result,
      merged: this.legend.merged,
      isVisible: (id) => this.legend.isVisible(id),
      opacity: this.opacity.valueAsNumber / 100,
    });
  }

  private showClusterCount(): void {
    elementOf('clusters-value', HTMLOutputElement).value = this.clusters.value;
  }

  private showGauges({ step, steps, information, effectiveClusters, agreement }: Gauges): void {
    elementOf('gauges', HTMLElement).hidden = false;
    const curve = elementOf('curve', SVGSVGElement);
    curve.removeAttribute('hidden');
    this.information.push(information);
    drawCurve(curve, this.information, steps, Math.log(this.clusters.valueAsNumber));
    elementOf('gauge-step', HTMLElement).textContent = `${step} of ${steps}`;
    elementOf('gauge-information', HTMLElement).textContent = information.toFixed(2);
    elementOf('gauge-effective', HTMLElement).textContent = effectiveClusters.toFixed(1);
    elementOf('gauge-agreement', HTMLElement).textContent = `${(100 * agreement).toFixed(0)} %`;
  }

  private setTraining(running: boolean): void {
    this.buttons.train.disabled = running;
    this.buttons.segment.disabled = running;
    this.clusters.disabled = running;
    this.buttons.pause.disabled = !running;
    this.buttons.reset.disabled = !running;
    this.buttons.pause.textContent = 'Pause';
  }

  private downloadMask(): void {
    if (this.result) download(maskFile(this.result, this.legend.merged), 'mask.png', 'image/png');
  }
}

function download(bytes: Uint8Array, name: string, type: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
