import type { GrayImage } from '@detl/core/image/gray-image'
import { preprocess, seenIn } from '@detl/core/preprocess/preprocess'
import type { Preprocessed } from '@detl/core/preprocess/preprocessed'
import { ReducingSink } from '@detl/core/preprocess/reduce'
import type { PreprocessSpec } from '@detl/core/preprocess/spec'
import type { WorkingImage } from '@detl/core/preprocess/working-image'

/** Step `reduce` of an image that lies in memory: a phantom, or one of a few literal pixels. The product reads files only. */
export function reduceImage(image: GrayImage, longest: number): WorkingImage {
  const sink = new ReducingSink(longest)
  sink.start(image)
  sink.push(image.data, 0, image.height)
  return sink.working()
}

/** The tensor of an image that lies in memory, with no file to decode and no gate. */
export function preprocessImage(image: GrayImage, spec: PreprocessSpec): Preprocessed {
  const working = reduceImage(image, spec.workingSize)
  const { tensor, ...seen } = preprocess(working, spec)
  return { tensor, ...seenIn(image, seen, working) }
}
