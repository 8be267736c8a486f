import type * as tfl from '@tensorflow/tfjs-layers'
import type { StageConfig } from './config.ts'
import type { PixelCache } from './data/cache.ts'
import { readDataSetRegions } from './data/data-set.ts'
import type { Dataset } from './data/dataset.ts'
import type { LabelledImages } from './data/images.ts'
import { findingsOf } from './data/labelled.ts'
import { type MapGrid, placedRegion, type RegionMasks } from './data/region-masks.ts'
import { maskOfBoxes, type Regions, readMask, uprightBoxes } from './data/regions.ts'
import { camGridOf, camLayerOf } from './model/trunk.ts'

/** The lungs say much less about where the evidence is than a box or a lesion's outline. */
const LUNGS_WEIGHT = 0.25

/**
 * Where the evidence of each image is known to lie: a radiologist's boxes, else a lesion's outline, else the lungs.
 * @param files in the order of the set
 */
export async function regionMasks(
  files: readonly string[],
  cache: PixelCache,
  regions: Regions,
  grid: MapGrid,
): Promise<RegionMasks> {
  const positions = new Map(cache.files.map((f, i) => [f, i]))
  const weights = new Float32Array(files.length)
  const masks = files.map(async (file, i) => {
    const at = positions.get(file)
    if (at === undefined) throw new Error(`${file} is not in the data`)
    const image = cache.image[at]!
    const boxes = regions.boxes.get(file)
    const lesion = regions.lesions.get(file)
    const lungs = regions.lungs.get(file)
    const lungBoxes = regions.lungBoxes.get(file)
    const place = (mask: Uint8Array, weight: number) => {
      weights[i] = weight
      return placedRegion({ ...image, mask }, cache.geometry[at]!, cache.size)
    }
    if (boxes) return place(maskOfBoxes(uprightBoxes(boxes, image), image), 1)
    if (lesion) return place(await readMask(lesion, image), 1)
    if (lungs) return place(await readMask(lungs, image), LUNGS_WEIGHT)
    return lungBoxes && place(maskOfBoxes(uprightBoxes(lungBoxes, image), image), LUNGS_WEIGHT)
  })
  return { grid, masks: await Promise.all(masks), weights }
}

/**
 * Adds the regions and findings that the stage's loss asks for.
 * @param data folder with the boxes and masks
 */
export async function withTargets(
  { dataset, data }: { dataset: Dataset; data: string },
  model: tfl.LayersModel,
  set: LabelledImages,
  files: readonly string[],
  { evidenceWeight, findingsWeight }: StageConfig,
): Promise<LabelledImages> {
  const out = { ...set }
  if (findingsWeight > 0) out.findings = findingsOf(files, dataset.byFile)
  if (evidenceWeight > 0) {
    const cells = model.getLayer(camLayerOf(model)).outputShape[1] as number
    const grid = { cells, ...camGridOf(model) }
    out.regions = await regionMasks(files, dataset.pixels, readDataSetRegions(data), grid)
  }
  return out
}
