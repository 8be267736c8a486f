import type { Language } from '../../model/classes.ts'
import type { Manifest } from '../../model/manifest.ts'
import { MANUFACTURER } from './equipment.ts'
import { imageReference, type SourceImage } from './source-image.ts'
import type { Region } from './stored-image.ts'
import type { DataSet } from './writer.ts'

/** Of a coding scheme; LN is LOINC, 99DETL this software's own. */
export type Code = readonly [
  value: string,
  scheme: 'DCM' | 'SCT' | 'LN' | 'UMLS' | 'UCUM' | 'RFC5646' | '99DETL',
  meaning: string,
]
type Relation =
  | 'CONTAINS'
  | 'HAS OBS CONTEXT'
  | 'HAS CONCEPT MOD'
  | 'HAS ACQ CONTEXT'
  | 'HAS PROPERTIES'
  | 'INFERRED FROM'
  | 'SELECTED FROM'

export const PERCENT: Code = ['%', 'UCUM', 'Percent']
/** Of a LO (PS3.5, table 6.2-1), in characters. */
export const MEANING = 64
/** A code of this software's own. */
export const own = (value: string, meaning: string): Code => [value, '99DETL', meaning.slice(0, MEANING)]

const LANGUAGE: Readonly<Record<Language, Code>> = {
  en: ['en', 'RFC5646', 'English'],
  de: ['de', 'RFC5646', 'German'],
}

/** Characters of a SH (PS3.5, table 6.2-1). */
const SHORT = 16

/** Code Sequence Macro (PS3.3, section 8.8). A value that is too long for Code Value goes into Long Code Value (section 8.1). */
export const code = ([value, scheme, meaning]: Code): readonly ['SQ', { items: readonly DataSet[] }] => {
  const stated: DataSet = value.length > SHORT ? { '00080119': ['UC', value] } : { '00080100': ['SH', value] }
  return ['SQ', { items: [{ ...stated, '00080102': ['SH', scheme], '00080104': ['LO', meaning] }] }]
}
export const entry = (relation: Relation, type: string, name: Code): DataSet => ({
  '0040a010': ['CS', relation],
  '0040a040': ['CS', type],
  '0040a043': code(name),
})
/** @param items below it */
export const codeItem = (
  relation: Relation,
  name: Code,
  value: Code,
  items: readonly DataSet[] = [],
): DataSet => ({
  ...entry(relation, 'CODE', name),
  '0040a168': code(value),
  ...below(items),
})
export const textItem = (relation: Relation, name: Code, value: string): DataSet => ({
  ...entry(relation, 'TEXT', name),
  '0040a160': ['UT', value],
})
export const uidItem = (relation: Relation, name: Code, value: string): DataSet => ({
  ...entry(relation, 'UIDREF', name),
  '0040a124': ['UI', value],
})
/** @param items below it */
export const numItem = (
  relation: Relation,
  name: Code,
  { value, unit, items = [] }: { value: string; unit: Code; items?: readonly DataSet[] },
): DataSet => ({
  ...entry(relation, 'NUM', name),
  '0040a300': ['SQ', { items: [{ '0040a30a': ['DS', value], '004008ea': code(unit) }] }],
  ...below(items),
})
const below = (items: readonly DataSet[]): DataSet =>
  items.length > 0 ? { '0040a730': ['SQ', { items }] } : {}
export const container = (name: Code, items: readonly DataSet[]): DataSet => ({
  ...entry('CONTAINS', 'CONTAINER', name),
  '0040a050': ['CS', 'SEPARATE'],
  '0040a730': ['SQ', { items }],
})
const SOURCE: Code = ['121112', 'DCM', 'Source of Measurement']
export const imageItem = (source: SourceImage, relation: Relation = 'INFERRED FROM'): DataSet => ({
  ...entry(relation, 'IMAGE', SOURCE),
  '00081199': ['SQ', { items: [imageReference(source)] }],
})

/** What explains other items: beside them, or below the one that it is about. */
export const comment = (text: string, relation: 'CONTAINS' | 'HAS PROPERTIES'): DataSet =>
  textItem(relation, ['121106', 'DCM', 'Comment'], text)

/** What a number was measured on (PS3.16, TID 320): regions of the image, or all of it where there are none. */
export const measuredOn = (source: SourceImage, regions: readonly (Region | undefined)[] = []): DataSet[] => {
  const known = regions.filter((region) => region !== undefined)
  if (known.length === 0) return [imageItem(source)]
  return known.map(({ type, points }) => ({
    ...entry('INFERRED FROM', 'SCOORD', SOURCE),
    '00700022': ['FL', points.flat()],
    '00700023': ['CS', type],
    '0040a730': ['SQ', { items: [imageItem(source, 'SELECTED FROM')] }],
  }))
}

/** Language of Content Item and Descendants (PS3.16, TID 1204). */
export const languageItem = (language: Language): DataSet =>
  codeItem(
    'HAS CONCEPT MOD',
    ['121049', 'DCM', 'Language of Content Item and Descendants'],
    LANGUAGE[language],
  )

/** The model as the observer (PS3.16, TID 1004). */
export const observer = ({ name, version }: Pick<Manifest, 'name' | 'version'>, uid: string): DataSet[] => [
  codeItem('HAS OBS CONTEXT', ['121005', 'DCM', 'Observer Type'], ['121007', 'DCM', 'Device']),
  uidItem('HAS OBS CONTEXT', ['121012', 'DCM', 'Device Observer UID'], uid),
  textItem('HAS OBS CONTEXT', ['121013', 'DCM', 'Device Observer Name'], `${name} ${version}`),
  textItem('HAS OBS CONTEXT', ['121014', 'DCM', 'Device Observer Manufacturer'], MANUFACTURER),
  textItem('HAS OBS CONTEXT', ['121015', 'DCM', 'Device Observer Model Name'], name),
]

/** What was done at the site that took the image (PS3.16, TID 1500). */
export const PLAIN_CHEST = codeItem(
  'HAS CONCEPT MOD',
  ['121058', 'DCM', 'Procedure reported'],
  ['399208008', 'SCT', 'Plain chest X-ray'],
)
