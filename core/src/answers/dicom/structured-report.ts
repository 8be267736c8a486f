import type { Language } from '../../model/classes.ts'
import type { Label } from '../../model/labels.ts'
import type { Screened } from '../answer.ts'
import type { ToldClass } from '../decision-text.ts'
import { toldOf } from '../told.ts'
import { wordsOf } from '../words/words-of.ts'
import { type DicomContext, dicomContext, reference } from './context.ts'
import { equipment, MANUFACTURER } from './equipment.ts'
import type { DataSet } from './writer.ts'

const COMPREHENSIVE_SR = '1.2.840.10008.5.1.4.1.1.88.33'

type Code = readonly [value: string, scheme: 'DCM' | 'SCT' | 'UCUM' | 'RFC5646' | '99DETL', meaning: string]
type Relation = 'CONTAINS' | 'HAS OBS CONTEXT' | 'HAS CONCEPT MOD' | 'INFERRED FROM'

const LANGUAGE: Readonly<Record<Language, Code>> = {
  en: ['en', 'RFC5646', 'English'],
  de: ['de', 'RFC5646', 'German'],
}
/** How a score came out against its threshold, in SNOMED CT; indeterminate where there is none or the decision abstains. */
const RESULTS = {
  positive: ['10828004', 'SCT', 'Positive'],
  negative: ['260385009', 'SCT', 'Negative'],
  indeterminate: ['82334004', 'SCT', 'Indeterminate'],
} as const satisfies Record<string, Code>

/**
 * A preliminary, unverified measurement report (PS3.16, TID 1500) as Comprehensive SR: the model is the observer (TID 1004), one measurement group
 * a class (TID 1501), whose measurement is the score in percent, with how it came out against the threshold.
 */
export async function toStructuredReport(answer: Screened): Promise<Uint8Array<ArrayBuffer>> {
  const context = await dicomContext(answer)
  const { source, date, time, uid, write } = context
  const { manifest, language } = answer
  const { decision, told } = toldOf(answer)
  const words = wordsOf(language)
  const groups = await Promise.all(
    told.classes.map((one) => measurementGroup(one, answer, decision.abstained, context)),
  )
  return write(COMPREHENSIVE_SR, await uid('report'), {
    ...equipment(manifest),
    // SR Document Series
    '00080060': ['CS', 'SR'],
    '0020000e': ['UI', await uid('report-series')],
    '00200011': ['IS', '9002'],
    '0008103e': ['LO', 'DETL scores (not for diagnosis)'],
    '00081111': ['SQ', { items: [] }],
    // SR Document General
    '00080023': ['DA', date],
    '00080033': ['TM', time],
    '00200013': ['IS', '1'],
    '0040a372': ['SQ', { items: [] }],
    '0040a491': ['CS', 'PARTIAL'],
    '0040a493': ['CS', 'UNVERIFIED'],
    '0040a496': ['CS', 'PRELIMINARY'],
    ...(source && ({ '0040a375': ['SQ', { items: [evidence(source)] }] } satisfies DataSet)),
    // SR Document Content
    '0040a040': ['CS', 'CONTAINER'],
    '0040a043': code(['126000', 'DCM', 'Imaging Measurement Report']),
    '0040a050': ['CS', 'SEPARATE'],
    '0040a504': ['SQ', { items: [{ '00080105': ['CS', 'DCMR'], '0040db00': ['CS', '1500'] }] }],
    '0040a730': [
      'SQ',
      {
        items: [
          codeItem(
            'HAS CONCEPT MOD',
            ['121049', 'DCM', 'Language of Content Item and Descendants'],
            LANGUAGE[language],
          ),
          codeItem('HAS OBS CONTEXT', ['121005', 'DCM', 'Observer Type'], ['121007', 'DCM', 'Device']),
          uidItem('HAS OBS CONTEXT', ['121012', 'DCM', 'Device Observer UID'], await uid('device')),
          textItem(
            'HAS OBS CONTEXT',
            ['121013', 'DCM', 'Device Observer Name'],
            `${manifest.name} ${manifest.version}`,
          ),
          textItem('HAS OBS CONTEXT', ['121014', 'DCM', 'Device Observer Manufacturer'], MANUFACTURER),
          textItem('HAS OBS CONTEXT', ['121015', 'DCM', 'Device Observer Model Name'], manifest.name),
          codeItem(
            'HAS CONCEPT MOD',
            ['121058', 'DCM', 'Procedure reported'],
            ['399208008', 'SCT', 'Plain chest X-ray'],
          ),
          textItem('CONTAINS', ['121077', 'DCM', 'Conclusion'], told.headline),
          container(['126010', 'DCM', 'Imaging Measurements'], groups),
          textItem('CONTAINS', ['121106', 'DCM', 'Comment'], words.disclaimer),
        ],
      },
    ],
  })
}

/** One class: what was assessed and how it came out, never the disease alone. */
async function measurementGroup(
  { class: id, name, positive, verdict, explained }: ToldClass,
  answer: Screened,
  abstained: boolean,
  { source, uid }: DicomContext,
): Promise<DataSet> {
  const words = wordsOf(answer.language)
  const result = abstained || positive === undefined ? 'indeterminate' : positive ? 'positive' : 'negative'
  const assessed = words.probabilityOf(name)
  const percent = (100 * answer.scores.probabilities[id as Label]).toFixed(2)
  return container(
    ['125007', 'DCM', 'Measurement Group'],
    [
      textItem('HAS OBS CONTEXT', ['112039', 'DCM', 'Tracking Identifier'], assessed),
      uidItem(
        'HAS OBS CONTEXT',
        ['112040', 'DCM', 'Tracking Unique Identifier'],
        await uid(`tracking:${id}`),
      ),
      codeItem('CONTAINS', ['121071', 'DCM', 'Finding'], own(`${id}_${result}`, `${assessed}: ${verdict}`)),
      codeItem(
        'HAS CONCEPT MOD',
        ['363698007', 'SCT', 'Finding Site'],
        ['51185008', 'SCT', 'Thoracic structure'],
      ),
      {
        ...entry('CONTAINS', 'NUM', own(id, assessed)),
        '0040a300': [
          'SQ',
          { items: [{ '0040a30a': ['DS', percent], '004008ea': code(['%', 'UCUM', 'Percent']) }] },
        ],
        ...(source && ({ '0040a730': ['SQ', { items: [imageItem(source)] }] } satisfies DataSet)),
      },
      codeItem('CONTAINS', own('result', 'Result against the threshold'), RESULTS[result]),
      ...(explained ? [textItem('CONTAINS', ['121106', 'DCM', 'Comment'], explained)] : []),
    ],
  )
}

/** A code of this software's own, as far as DICOM lets it be: a value of 16 characters, a meaning of 64 (PS3.5, table 6.2-1). */
const own = (value: string, meaning: string): Code => [value.slice(0, 16), '99DETL', meaning.slice(0, 64)]
const code = ([value, scheme, meaning]: Code): readonly ['SQ', { items: readonly DataSet[] }] => [
  'SQ',
  { items: [{ '00080100': ['SH', value], '00080102': ['SH', scheme], '00080104': ['LO', meaning] }] },
]
const entry = (relation: Relation, type: string, name: Code): DataSet => ({
  '0040a010': ['CS', relation],
  '0040a040': ['CS', type],
  '0040a043': code(name),
})
const codeItem = (relation: Relation, name: Code, value: Code): DataSet => ({
  ...entry(relation, 'CODE', name),
  '0040a168': code(value),
})
const textItem = (relation: Relation, name: Code, value: string): DataSet => ({
  ...entry(relation, 'TEXT', name),
  '0040a160': ['UT', value],
})
const uidItem = (relation: Relation, name: Code, value: string): DataSet => ({
  ...entry(relation, 'UIDREF', name),
  '0040a124': ['UI', value],
})
const container = (name: Code, items: readonly DataSet[]): DataSet => ({
  ...entry('CONTAINS', 'CONTAINER', name),
  '0040a050': ['CS', 'SEPARATE'],
  '0040a730': ['SQ', { items }],
})
const imageItem = (source: NonNullable<DicomContext['source']>): DataSet => ({
  ...entry('INFERRED FROM', 'IMAGE', ['121112', 'DCM', 'Source of Measurement']),
  '00081199': ['SQ', { items: [reference(source)] }],
})

/** Hierarchical SOP Instance Reference Macro (PS3.3, table C.17-3): every instance that the content refers to. */
const evidence = (source: NonNullable<DicomContext['source']>): DataSet => ({
  '0020000d': ['UI', source.study],
  '00081115': [
    'SQ',
    { items: [{ '0020000e': ['UI', source.series], '00081199': ['SQ', { items: [reference(source)] }] }] },
  ],
})
