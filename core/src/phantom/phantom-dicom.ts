import { uidOf } from '../answers/dicom/uid.ts'
import { writePart10 } from '../answers/dicom/writer.ts'
import { type LesionKind, phantom } from './phantom.ts'

const COMPUTED_RADIOGRAPHY = '1.2.840.10008.5.1.4.1.1.1'

export type DicomPhantomOptions = {
  readonly seed: number
  /** Width and height, in pixels. */
  readonly size: number
  readonly lesion: LesionKind | 'none'
}

/**
 * A phantom as a Computed Radiography image (PS3.3, A.2): 12 bits, MONOCHROME2, explicit VR little endian. The same options give the same
 * bytes and UIDs. A seed is a patient: two lesions of one seed are two studies of the same patient. No dates are stated.
 * @example await writeFile('chest.dcm', await dicomPhantom({ seed: 1, size: 1024, lesion: 'none' }))
 */
export async function dicomPhantom({
  seed,
  size,
  lesion,
}: DicomPhantomOptions): Promise<Uint8Array<ArrayBuffer>> {
  const { image } = phantom({ seed, width: size, height: size, lesions: lesion === 'none' ? [] : [lesion] })
  const uid = (role: string) => uidOf(`phantom:${seed}:${size}:${lesion}:${role}`)
  const pixels = new Uint8Array(image.data.length * 2)
  const view = new DataView(pixels.buffer)
  for (const [i, value] of image.data.entries()) view.setUint16(i * 2, value, true)
  return writePart10(COMPUTED_RADIOGRAPHY, await uid('image'), {
    // Patient, General Study: what is unknown is there and empty
    '00080020': ['DA', ''],
    '00080030': ['TM', ''],
    '00080050': ['SH', ''],
    '00080090': ['PN', ''],
    '00100010': ['PN', 'Phantom^Synthetic'],
    '00100020': ['LO', `PHANTOM-${seed}`],
    '00100030': ['DA', ''],
    '00100040': ['CS', ''],
    '00200010': ['SH', ''],
    '0020000d': ['UI', await uid('study')],
    // General Series, CR Series, General Equipment
    '00080060': ['CS', 'CR'],
    '00080070': ['LO', 'DETL'],
    '00081090': ['LO', 'detl phantom'],
    '0008103e': ['LO', 'Synthetic chest, not a patient'],
    '00180015': ['CS', 'CHEST'],
    '00185101': ['CS', 'PA'],
    '0020000e': ['UI', await uid('series')],
    '00200011': ['IS', '1'],
    // General Image
    '00080008': ['CS', 'ORIGINAL\\PRIMARY'],
    '00200013': ['IS', '1'],
    '00200020': ['CS', 'L\\F'],
    '00280301': ['CS', 'NO'],
    // Image Pixel, VOI LUT
    '00280002': ['US', [1]],
    '00280004': ['CS', 'MONOCHROME2'],
    '00280010': ['US', [size]],
    '00280011': ['US', [size]],
    '00280100': ['US', [16]],
    '00280101': ['US', [12]],
    '00280102': ['US', [11]],
    '00280103': ['US', [0]],
    '00281050': ['DS', '2048'],
    '00281051': ['DS', '4096'],
    '7fe00010': ['OW', pixels],
  })
}
