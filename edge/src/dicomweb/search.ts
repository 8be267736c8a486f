import type { DicomJson, DicomJsonAttribute } from '@detl/core/dicomweb/dicom-json'
import type { Uids } from '../kept/kept-table.ts'
import { ATTRIBUTES, fits, type Query } from './query.ts'

export type Level = keyof typeof ATTRIBUTES
/** An object that is kept, with what may be searched for. */
type Found = Required<Uids> & { readonly index: DicomJson }

/**
 * Answers a search (QIDO-RS; PS3.18, section 10.6) from objects that are kept, at the level of studies, series or instances; each with the
 * attributes of the levels above it.
 * @param found with all objects of the studies, or of the study that the address names
 * @param base address of the service
 */
export function search(found: readonly Found[], level: Level, query: Query, base: string): DicomJson[] {
  const whole = withModalities(found)
  const groups = grouped(
    whole.filter(({ index }) => fits(index, query)),
    level,
  )
  return groups
    .slice(query.offset, query.offset + query.limit)
    .map((objects) => describe(objects[0]!, whole, level, base))
}

/** Modalities in Study can be searched for as if each object had it. */
function withModalities(found: readonly Found[]): Found[] {
  const modalities = new Map<string, Set<string>>()
  for (const { study, index } of found) {
    const known = modalities.get(study) ?? new Set()
    for (const value of index['00080060']?.Value ?? []) known.add(String(value))
    modalities.set(study, known)
  }
  return found.map((one) => ({
    ...one,
    index: { ...one.index, '00080061': { vr: 'CS', Value: [...modalities.get(one.study)!].sort() } },
  }))
}

function grouped(found: readonly Found[], level: Level): Found[][] {
  const groups = new Map<string, Found[]>()
  for (const one of found) groups.set(one[level], [...(groups.get(one[level]) ?? []), one])
  return [...groups.values()]
}

function describe(one: Found, all: readonly Found[], level: Level, base: string): DicomJson {
  const levels: Level[] =
    level === 'study' ? ['study'] : level === 'series' ? ['study', 'series'] : ['study', 'series', 'instance']
  const attributes = levels
    .flatMap((name) => Object.keys(ATTRIBUTES[name]))
    .flatMap((tag) => (one.index[tag] ? [[tag, one.index[tag]] as const] : []))
  const inStudy = all.filter(({ study }) => study === one.study)
  const inSeries = inStudy.filter(({ series }) => series === one.series)
  const count = (n: number): DicomJsonAttribute => ({ vr: 'IS', Value: [n] })
  const parts = [`studies/${one.study}`, `series/${one.series}`, `instances/${one.instance}`]
  return {
    ...Object.fromEntries(attributes),
    '00080056': { vr: 'CS', Value: ['ONLINE'] },
    '00081190': { vr: 'UR', Value: [`${base}/${parts.slice(0, levels.length).join('/')}`] },
    '00201206': count(new Set(inStudy.map(({ series }) => series)).size),
    '00201208': count(inStudy.length),
    ...(level !== 'study' && { '00201209': count(inSeries.length) }),
  }
}
