/** Which objective a configuration asks for. */
import { clusteringObjective } from './clustering-objective.js';
import type { TrainConfig } from './config.js';
import type { Objective } from './objective.js';
import { representationObjective } from './representation-objective.js';

export function createObjective(config: TrainConfig): Objective {
  switch (config.method) {
    case 'ac':
      return clusteringObjective(config);
    case 'arl':
      return representationObjective(config);
  }
}
