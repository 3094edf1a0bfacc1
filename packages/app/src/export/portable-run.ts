/**
 * A trained network as one safetensors file that PyTorch reads and `autoregseg import` turns back into a run.
 *
 * Tensors have the names of the run's own checkpoints, kernels are [kh, kw, C, D]. The metadata, all text:
 *
 *   format       'autoregseg/1'
 *   network      NetworkConfig as JSON: what the tensors are put into
 *   run          RunConfig as JSON: configuration, data set, input statistics
 *   manifest     RunManifest as JSON; may be missing
 *   state        { step, information, kappa, merged, distilled }: steps done, of each main head what the head is chosen by, the
 *                overclusters that are merged, and the head that the distilled one was taught by; the last three may be missing
 *   edits        ClusterEdits as JSON; may be missing
 *   card         ModelCard as JSON; may be missing
 */
import type { LoadedRun } from '../inference/model.js';
import type { ClusterEdits } from '../run/cluster-edits.js';
import { encodeSafetensors } from '../run/safetensors.js';
import type { RunManifest } from '../run/run-manifest.js';
import { DISTILLED_HEAD } from '../training/heads.js';
import type { ModelCard } from './model-card.js';

export const PORTABLE_FORMAT = 'autoregseg/1';

export interface PortableAbout {
  readonly manifest: RunManifest;
  readonly edits: ClusterEdits;
  readonly card: ModelCard;
}

/** @returns the bytes of the file */
export function portableRun(
  { model, run, step, information, kappa, teacher }: LoadedRun,
  about: PortableAbout,
): Uint8Array {
  const { config, weights } = model.network.save();
  const { head, groups, clusters } = model.head === DISTILLED_HEAD ? teacher! : model;
  const segments = {
    merged: groups && { clusters, of: [...groups] },
    distilled: model.head === DISTILLED_HEAD ? head : undefined,
  };
  const json = { network: config, run, state: { step, information, kappa, ...segments }, ...about };
  const metadata = Object.fromEntries(Object.entries(json).map(([key, value]) => [key, JSON.stringify(value)]));
  return encodeSafetensors({ tensors: weights, metadata: { format: PORTABLE_FORMAT, ...metadata } });
}
