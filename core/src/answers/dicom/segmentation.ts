import { AppError } from '../../api/problem.ts'
import type { Screened } from '../answer.ts'
import { toldOf } from '../told.ts'
import { code } from './content-items.ts'
import { dicomContext } from './context.ts'
import { equipment } from './equipment.ts'
import { heatOn } from './hot-region.ts'
import { SERIES_NUMBERS } from './series-numbers.ts'
import { imageReference, reference } from './source-image.ts'
import { type Size, toUpright } from './stored-image.ts'
import type { DataSet } from './writer.ts'

const SEGMENTATION = '1.2.840.10008.5.1.4.1.1.66.4'
/** One bit a pixel, row by row, the first pixel in the lowest bit of the first byte (PS3.5, section 8.1.1). */
type Mask = Size & { readonly bits: Uint8Array }

/**
 * Where the heat map of the class that the decision names first is hot, as Segmentation Image (PS3.3, A.51): one binary segment on the pixels of
 * the image that was scored, in the orientation in which it is stored, so that viewers lay it over that image. It says where the score looks, not
 * where the disease is; its label says so too.
 * @throws AppError not-acceptable where the image is no DICOM object with UIDs: a segmentation refers to one
 */
export async function toSegmentation(answer: Screened): Promise<Uint8Array<ArrayBuffer>> {
  const { source, header, date, time, uid, write } = await dicomContext(answer)
  if (!source)
    throw new AppError(
      'not-acceptable',
      'a segmentation refers to a DICOM image with SOP, series and study UIDs',
    )
  const { manifest } = answer
  const { decision, told } = toldOf(answer)
  const shown = told.classes.find((one) => one.class === decision.leading)!
  const { width, height, bits } = maskOf(answer, decision.leading)
  const organization: DataSet = { '00209164': ['UI', await uid('segmentation-dimensions')] }
  const label = `Grad-CAM: ${shown.name}`.slice(0, 64)
  return write(SEGMENTATION, await uid('segmentation'), {
    ...equipment(manifest),
    // General Series, General Image, Multi-frame Functional Groups
    '00080060': ['CS', 'SEG'],
    '0020000e': ['UI', await uid('segmentation-series')],
    '00200011': ['IS', SERIES_NUMBERS.segmentation],
    '0008103e': ['LO', 'DETL heat map region (not for diagnosis)'],
    '00080008': ['CS', 'DERIVED\\PRIMARY'],
    '00080023': ['DA', date],
    '00080033': ['TM', time],
    '00200013': ['IS', '1'],
    '00200020': ['CS', header?.orientation?.join('\\') ?? ''],
    '00280008': ['IS', '1'],
    '00282110': ['CS', '00'],
    // Segmentation Image
    '00620001': ['CS', 'BINARY'],
    '00620002': ['SQ', { items: [segment(label, told.headline, `${manifest.name} ${manifest.version}`)] }],
    '00700080': ['CS', 'HEATMAP'],
    '00700081': ['LO', 'Where the score looks; no finding'],
    '00700084': ['PN', ''],
    // Common Instance Reference
    '00081115': [
      'SQ',
      { items: [{ '0020000e': ['UI', source.series], '0008114a': ['SQ', { items: [reference(source)] }] }] },
    ],
    // Multi-frame Dimension: frames go by segment
    '00209221': ['SQ', { items: [organization] }],
    '00209222': [
      'SQ',
      {
        items: [
          { ...organization, '00209165': ['AT', [0x0062, 0x000b]], '00209167': ['AT', [0x0062, 0x000a]] },
        ],
      },
    ],
    '52009229': ['SQ', { items: [{}] }],
    '52009230': ['SQ', { items: [frameOf(imageReference(source))] }],
    // Image Pixel
    '00280002': ['US', [1]],
    '00280004': ['CS', 'MONOCHROME2'],
    '00280010': ['US', [height]],
    '00280011': ['US', [width]],
    '00280100': ['US', [1]],
    '00280101': ['US', [1]],
    '00280102': ['US', [0]],
    '00280103': ['US', [0]],
    '7fe00010': ['OB', bits],
  })
}

const segment = (label: string, description: string, algorithm: string): DataSet => ({
  '00620003': code(['49755003', 'SCT', 'Morphologically Abnormal Structure']),
  '00620004': ['US', [1]],
  '00620005': ['LO', label],
  '00620006': ['ST', description],
  '00620008': ['CS', 'AUTOMATIC'],
  '00620009': ['LO', algorithm.slice(0, 64)],
  '0062000f': code(['heatmap', '99DETL', 'Region that a class score rests on']),
})

/** The functional groups of the one frame. */
const frameOf = (image: DataSet): DataSet => ({
  '00089124': [
    'SQ',
    {
      items: [
        {
          '00089215': code(['113076', 'DCM', 'Segmentation']),
          '00082112': [
            'SQ',
            {
              items: [
                {
                  ...image,
                  '0028135a': ['CS', 'YES'],
                  '0040a170': code(['121322', 'DCM', 'Source image for image processing operation']),
                },
              ],
            },
          ],
        },
      ],
    },
  ],
  '00209111': ['SQ', { items: [{ '00209157': ['UL', [1]] }] }],
  '0062000a': ['SQ', { items: [{ '0062000b': ['US', [1]] }] }],
})

/** On the pixels of the image as it is stored. */
function maskOf(answer: Screened, leading: string): Mask {
  const { heat, least, raster, image, stored, reading } = heatOn(answer, leading)
  const bits = new Uint8Array(Math.ceil((stored.width * stored.height) / 8))
  for (let y = 0, n = 0; y < stored.height; y++) {
    for (let x = 0; x < stored.width; x++, n++) {
      const [u, v] = toUpright(reading, stored, [x + 0.5, y + 0.5])
      const column = Math.floor((u * raster.width) / image.width)
      const row = Math.floor((v * raster.height) / image.height)
      const value = heat[row * raster.width + column]!
      if (value > 0 && value >= least) bits[n >> 3]! |= 1 << (n & 7)
    }
  }
  return { width: stored.width, height: stored.height, bits }
}
