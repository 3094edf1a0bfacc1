/** autoregseg as a library: what the commands do, without the command line. */
export { UsageError, UserError } from './errors.js';
export { loadRun } from './inference/model.js';
export type { LoadedRun } from './inference/model.js';
export { predictImages } from './inference/predict.js';
export type { PredictOptions } from './inference/predict.js';
export { segmentImage } from './inference/segmenter.js';
export type { InferenceView, Segmentation, SegmenterModel } from './inference/segmenter.js';
export { surveyDataset } from './inference/survey.js';
export type { Survey, SurveyOptions } from './inference/survey.js';
export { evaluateRun } from './run/evaluate-run.js';
export type { EvaluateRunOptions, RunEvaluation } from './run/evaluate-run.js';
export { writeRunReport } from './run/write-report.js';
export type { ReportOptions, WrittenReport } from './run/write-report.js';
export type { StepMetrics } from './run/metrics.js';
export { PRESETS, resolveConfig } from './training/config.js';
export type { PresetName, TrainConfig, TrainConfigInput } from './training/config.js';
export { train } from './training/train.js';
export type { RunConfig, RunManifest, TrainOutcome, TrainRequest } from './training/train.js';
