/** The tensor that a model takes, UINT8 [N,1,S,S]. */
export const INPUT = 'image'

/** What a model's graph gives, FP32, by name. C classes, maps of h × w cells, K feature maps. */
export const OUTPUTS = {
  /** [N,C], before temperature and softmax */
  logits: 'logits',
  /** [N,C], calibrated; each row sums to 1 */
  probabilities: 'probabilities',
  /** [N,C,h,w], after ReLU, in the gradient's own scale */
  cam: 'cam',
  /** [N,K,h,w], the explained layer */
  featureMaps: 'feature_maps',
  /** [N,C,K], the weights of `cam` */
  camWeights: 'cam_weights',
  /** [N], squared Mahalanobis distance; where the manifest has `outOfDistribution` */
  oodScore: 'ood_score',
  /** [N,3,h,w], shares 0 … 1 of lung, lung and opacity (`core/src/lungs/regions.ts`); where the manifest has `regions` */
  regions: 'regions',
} as const
