/** Which objective a configuration asks for. */
import { clusteringObjective } from './clustering-objective.js';
import type { TrainConfig } from './config.js';
import type { Objective } from './objective.js';

export function createObjective(config: TrainConfig): Objective {
  return clusteringObjective(config);
}
