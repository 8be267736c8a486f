import type { PreprocessSpec } from './spec-schema.ts'

export type { PreprocessSpec }

/**
 * The preprocessing for chest radiographs, as both shipped models were trained with it.
 * @param size S, 16 … 1024: the tensor is UINT8 [1,1,S,S]
 * @example preprocessId(cxrGrey(128)) // 'cxr-grey@2/128'
 */
export const cxrGrey = (size: number): PreprocessSpec => ({
  name: 'cxr-grey',
  version: 2,
  size,
  workingSize: 512, // 4 × the default S: framing to a quarter of a final pixel
  // A JPEG's reduced blocks are nearly the means of its pixels; a wavelet's low band is no mean.
  decodeMargin: { jpeg: 1.25, wavelet: 2 },
  frame: { tolerance: 0.04, markerShare: 0.1, maxFraction: 0.25 },
  window: {
    region: 0.8,
    ends: 0.005,
    percentiles: [2, 50, 98],
    levels: [0, 128, 255],
    middleRange: [0.25, 0.75],
  },
  padLevel: 0,
})

/** The name that travels with a tensor, for example `cxr-grey@2/128`. */
export const preprocessId = (spec: PreprocessSpec): string => `${spec.name}@${spec.version}/${spec.size}`
