/** One epoch of a stage, as history.json and the checkpoint have it. */
export type EpochRecord = {
  epoch: number
  learningRate: number
  loss: number
  accuracy: number
  validationLoss: number
  validationAccuracy: number
  /** Mean recall over the classes, with the weights of the images. */
  balancedAccuracy: number
  seconds: number
  imagesPerSecond: number
  /** Share of the epoch's time in which the backend waited for a batch. */
  inputShare: number
}

/** history.json: how a stage went. It is there once the stage is finished. */
export type StageResult = { bestEpoch: number; bestScore: number; history: EpochRecord[]; modelPath: string }
