/** What the page and its worker tell each other. */

/** An RGB picture as the canvas gives it. */
export interface Photo {
  readonly height: number;
  readonly width: number;
  /** [height * width * 4] RGBA, 0..255. */
  readonly rgba: Uint8ClampedArray;
}

export type BackendName = 'webgpu' | 'webgl' | 'wasm';

export type Request =
  /** Must come first. */
  | { readonly type: 'start'; readonly backend: BackendName | 'auto'; readonly assets: string }
  | { readonly type: 'segment'; readonly photo: Photo; readonly head: string }
  /** `run` comes back with all that the training says: what an earlier one said too late is told from it. */
  | {
      readonly type: 'train';
      readonly run: number;
      readonly photo: Photo;
      readonly clusters: number;
      readonly seed: number;
    }
  | { readonly type: 'pause' }
  | { readonly type: 'continue' }
  | { readonly type: 'reset' }
  | { readonly type: 'model' };

/** The clusters of a photo, [height * width], 0 ... clusters - 1. */
export interface Clusters {
  readonly height: number;
  readonly width: number;
  readonly clusters: number;
  readonly map: Int32Array;
}

export interface Gauges {
  readonly step: number;
  readonly steps: number;
  /** Nats, at most log of the clusters. */
  readonly information: number;
  readonly effectiveClusters: number;
  /** 0..1 */
  readonly agreement: number;
}

export type Reply =
  | { readonly type: 'started'; readonly backend: BackendName; readonly heads: Readonly<Record<string, number>> }
  | { readonly type: 'segmented'; readonly result: Clusters; readonly seconds: number }
  | { readonly type: 'step'; readonly run: number; readonly gauges: Gauges; readonly preview?: Clusters }
  | { readonly type: 'trained'; readonly run: number; readonly result: Clusters; readonly seconds: number }
  | { readonly type: 'model'; readonly bytes: Uint8Array }
  | { readonly type: 'failed'; readonly message: string };
