import { type DataSet, writePart10 } from '@detl/core/answers/dicom/writer'
import { phantom } from '@detl/core/phantom/phantom'

export const PATIENT = {
  name: 'Test^Überall',
  id: 'PAT-0815',
  study: '2.25.1111',
  series: '2.25.2222',
  instance: '2.25.3333',
  accession: 'ACC-42',
}
const COMPUTED_RADIOGRAPHY = '1.2.840.10008.5.1.4.1.1.1'

/**
 * A synthetic chest as a Computed Radiography object of a patient that does not exist.
 * @param change attributes in place of the usual ones
 */
export function chestDicom(side = 96, change: DataSet = {}): Uint8Array<ArrayBuffer> {
  const { image } = phantom({ seed: 3, width: side, height: side, lesions: [] })
  const [, instance = PATIENT.instance] = change['00080018'] ?? []
  return writePart10(COMPUTED_RADIOGRAPHY, instance as string, {
    '00080005': ['CS', 'ISO_IR 192'],
    '00080020': ['DA', '20260102'],
    '00080030': ['TM', '030405'],
    '00080050': ['SH', PATIENT.accession],
    '00080060': ['CS', 'CR'],
    '00080090': ['PN', ''],
    '00100010': ['PN', PATIENT.name],
    '00100020': ['LO', PATIENT.id],
    '00100030': ['DA', '19700101'],
    '00100040': ['CS', 'O'],
    '0020000d': ['UI', PATIENT.study],
    '0020000e': ['UI', PATIENT.series],
    '00200010': ['SH', '1'],
    '00280002': ['US', [1]],
    '00280004': ['CS', 'MONOCHROME2'],
    '00280010': ['US', [side]],
    '00280011': ['US', [side]],
    '00280100': ['US', [16]],
    '00280101': ['US', [12]],
    '00280102': ['US', [11]],
    '00280103': ['US', [0]],
    '7fe00010': ['OW', new Uint8Array(image.data.buffer)],
    ...change,
  })
}

/** An object in RGB; a pattern, no chest. */
export function colourDicom(change: DataSet = {}): Uint8Array<ArrayBuffer> {
  const side = 128
  const grey = Uint8Array.from({ length: side * side }, (_, i) => i % 251)
  return chestDicom(side, {
    '00280002': ['US', [3]],
    '00280004': ['CS', 'RGB'],
    '00280006': ['US', [0]],
    '00280100': ['US', [8]],
    '00280101': ['US', [8]],
    '00280102': ['US', [7]],
    '7fe00010': ['OW', Uint8Array.from({ length: 3 * side * side }, (_, i) => grey[Math.floor(i / 3)]!)],
    ...change,
  })
}
