/** What every network is built from. */
export type ModelOptions = {
  /** S */
  size: number
  classes: number
  /** What the last layer ends with: `softmax` (default) for one class an image, `sigmoid` for independent ones. */
  activation?: 'softmax' | 'sigmoid'
  /** Of the initial weights. */
  seed: number
}
