/** The public API of the package `@detl/export`. Nothing else in it is promised to stay. */
import { joinBytes } from '@detl/core/base/join-bytes'
import { type ConvertOptions, conversionOf } from '@detl/export/convert'
import { ConvertError } from '@detl/export/errors'
import type { ModelArtifacts } from '@detl/export/files/model-file'
import { readArtifacts } from '@detl/export/read'
import type { Source } from '@detl/export/source'

export { ConvertError, type ConvertOptions, type ModelArtifacts }

/** A tfjs model in memory (`tf.LayersModel`, `tf.GraphModel`): anything that saves itself. */
export type SavesItself = {
  /** Hands its artifacts over. */
  save(handler: { save(artifacts: ModelArtifacts): Promise<object> }): Promise<unknown>
}

/** What is converted: a model of tfjs in memory, its artifacts, or what `readModel` of `@detl/export/node` read from files. */
export type Model = SavesItself | ModelArtifacts | Source

/**
 * A tfjs model, LayersModel or GraphModel, as the bytes of an ONNX file. Without Python, in Node or in a browser.
 * @throws ConvertError with a `code`, naming the layer and what is supported
 * @example const onnx = await convert(await tf.loadLayersModel('https://…/model.json'), { inputLayout: 'nchw' })
 */
export async function convert(
  model: Model,
  options: Omit<ConvertOptions, 'cam'> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  return joinBytes(conversionOf(await sourceOf(model), options).parts)
}

/**
 * The same with heat maps in the file: outputs `cam` [N,C,h,w], one map for each class of the scores; `logits`, `cam_weights` and
 * `feature_maps`. One run of the file gives scores and maps, without gradients at run time.
 * @param options `layer`: the convolution to explain, default the last with a spatial extent; `method`: `gradcam` (default), `gradcam++`,
 *   `layercam`, `hirescam`; `output`: of several outputs the one to explain; `featureMaps: false` leaves the largest output out
 * @returns the bytes, and the name of the layer that is explained
 * @throws ConvertError as `convert`; where there is no convolution, or an operation on the way has no gradient
 * @example
 * const { onnx, explained } = await convertWithGradCam(model, { method: 'layercam' })
 */
export async function convertWithGradCam(
  model: Model,
  { layer, method, output, featureMaps, ...options }: CamOptions = {},
): Promise<{ readonly onnx: Uint8Array<ArrayBuffer>; readonly explained: string }> {
  const cam = {
    ...(layer !== undefined && { layer }),
    ...(method !== undefined && { method }),
    ...(output !== undefined && { output }),
    ...(featureMaps !== undefined && { featureMaps }),
  }
  const { parts, explained } = conversionOf(await sourceOf(model), { ...options, cam })
  return { onnx: joinBytes(parts), explained: explained! }
}

/** Options of `convertWithGradCam`. */
export type CamOptions = Omit<ConvertOptions, 'cam'> & NonNullable<ConvertOptions['cam']>

async function sourceOf(model: Model): Promise<Source> {
  if (!('save' in model)) return 'model' in model || 'nodes' in model ? model : readArtifacts(model)
  let artifacts: ModelArtifacts | undefined
  await model.save({
    save: async (given) => {
      artifacts = given
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } }
    },
  })
  if (!artifacts) throw new ConvertError('model-unreadable', 'the model’s `save` gave no artifacts')
  return readArtifacts(artifacts)
}
