import type { Manifest } from '../../model/manifest.ts'
import type { DataSet } from './writer.ts'

export const MANUFACTURER = 'DETL'

/** General Equipment (PS3.3, C.7.5.1), with the model in the place of the device. */
export const equipment = ({ name, version }: Pick<Manifest, 'name' | 'version'>): DataSet => ({
  '00080070': ['LO', MANUFACTURER],
  '00081090': ['LO', name.slice(0, 64)],
  '00181000': ['LO', name.slice(0, 64)],
  '00181020': ['LO', version.slice(0, 64)],
})
