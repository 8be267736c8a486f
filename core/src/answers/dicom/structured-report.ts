import { modelWarnings, qualityWarnings } from '../../api/quality.ts'
import type { Screened } from '../answer.ts'
import type { ToldClass } from '../decision-text.ts'
import { severityIn } from '../lung-findings.ts'
import { toldOf } from '../told.ts'
import { wordsOf } from '../words/words-of.ts'
import {
  type Code,
  codeItem,
  comment,
  container,
  entry,
  MEANING,
  measuredOn,
  numItem,
  own,
  PERCENT,
  PLAIN_CHEST,
  textItem,
  uidItem,
} from './content-items.ts'
import { dicomContext } from './context.ts'
import { imageRegions } from './image-regions.ts'
import { SERIES_NUMBERS } from './series-numbers.ts'
import { notAssessable, type ReportContext, severityGroups } from './severity-groups.ts'
import type { Header } from './source-header.ts'
import { imageReference, type SourceImage } from './source-image.ts'
import { COMPREHENSIVE_SR, IMAGING_STUDY, writeSrDocument } from './sr-document.ts'
import type { DataSet } from './writer.ts'

/**
 * Forms of the report. They differ in what they are filed as, and in where comments stand: OHIF 3.13 shows no text below a code or a number, and
 * takes that beside a number that it draws for its label.
 */
const FORMS = {
  /** Viewers show it as text. */
  text: {
    sopClass: COMPREHENSIVE_SR,
    title: IMAGING_STUDY,
    series: {
      role: 'report-series',
      number: SERIES_NUMBERS.report,
      description: 'DETL scores (not for diagnosis)',
    },
    comments: 'beside',
  },
  /** As IHE AI Results stores measurements; viewers draw it on the image. OHIF 3.13 does only where every group has coordinates. */
  measurements: {
    sopClass: '1.2.840.10008.5.1.4.1.1.88.34', // Comprehensive 3D SR
    title: ['126000', 'DCM', 'Imaging Measurement Report'],
    // Of its own: OHIF shows one report of a series.
    series: {
      role: 'measurements-series',
      number: SERIES_NUMBERS.measurements,
      description: 'DETL measurements (not for diagnosis)',
    },
    comments: 'below',
  },
} as const satisfies Record<string, Form>
type Form = {
  readonly sopClass: string
  readonly title: Code
  readonly series: { readonly role: string; readonly number: string; readonly description: string }
  readonly comments: ReportContext['comments']
}
export type ReportForm = keyof typeof FORMS

/** How a score came out against its threshold, in SNOMED CT; indeterminate where there is none or the decision abstains. */
const RESULTS = {
  positive: ['10828004', 'SCT', 'Positive'],
  negative: ['260385009', 'SCT', 'Negative'],
  indeterminate: ['82334004', 'SCT', 'Indeterminate'],
} as const satisfies Record<string, Code>

/**
 * A preliminary, unverified measurement report (PS3.16, TID 1500): the model is the observer (TID 1004), the decision a sentence, one
 * measurement group a class (TID 1501), whose measurement is the score in percent, with how it came out against the threshold; then, where lungs were
 * outlined, groups of how much of them is opaque.
 */
export async function toStructuredReport(
  answer: Screened,
  form: ReportForm = 'text',
): Promise<Uint8Array<ArrayBuffer>> {
  const { sopClass, title, series, comments } = FORMS[form]
  const context = await dicomContext(answer)
  const { source } = context
  const { manifest, language } = answer
  const { decision, told } = toldOf(answer)
  const words = wordsOf(language)
  const within: ReportContext = { ...context, regions: imageRegions(answer), comments }
  const groups = await Promise.all(
    told.classes.map((one) => measurementGroup(one, answer, decision.abstained, within)),
  )
  const severity = severityIn(answer)
  if (severity?.assessable) groups.push(...(await severityGroups(severity, language, within)))
  const warnings = [...qualityWarnings(answer.intake.quality), ...modelWarnings(answer.scores, severity)]
  return writeSrDocument(context, {
    ...{ manifest, language, sopClass, series, title },
    role: form === 'text' ? 'report' : 'report-3d',
    standing: 'preliminary',
    template: '1500',
    images: [source],
    content: [
      PLAIN_CHEST,
      textItem('CONTAINS', ['121077', 'DCM', 'Conclusion'], told.headline),
      // Where the tree is read as text, an image in it is but a line that says nothing.
      ...(source && form === 'measurements' ? [imageLibrary(source, context.header)] : []),
      container(['126010', 'DCM', 'Imaging Measurements'], groups),
      // Of what was not measured there is no group: viewers that draw measurements want a place for each.
      ...(severity && !severity.assessable
        ? [
            container(
              ['C0034375', 'UMLS', 'Qualitative Evaluations'],
              notAssessable(severity, language, within),
            ),
          ]
        : []),
      ...(manifest.site ? [comment(words.site(manifest.site), 'CONTAINS')] : []),
      ...warnings.map(({ detail }) => comment(detail, 'CONTAINS')),
      comment(words.disclaimer, 'CONTAINS'),
    ],
  })
}

/** One class: what was assessed and how it came out, never the disease alone. */
async function measurementGroup(
  { class: id, name, positive, verdict, explained }: ToldClass,
  answer: Screened,
  abstained: boolean,
  { source, uid, regions, comments }: ReportContext,
): Promise<DataSet> {
  const words = wordsOf(answer.language)
  const result = abstained || positive === undefined ? 'indeterminate' : positive ? 'positive' : 'negative'
  const assessed = words.probabilityOf(name)
  const percent = (100 * answer.scores.probabilities[id]!).toFixed(2)
  return container(
    ['125007', 'DCM', 'Measurement Group'],
    [
      textItem('HAS OBS CONTEXT', ['112039', 'DCM', 'Tracking Identifier'], assessed),
      uidItem(
        'HAS OBS CONTEXT',
        ['112040', 'DCM', 'Tracking Unique Identifier'],
        await uid(`tracking:${id}`),
      ),
      codeItem('CONTAINS', ['121071', 'DCM', 'Finding'], finding(id, result, assessed, verdict)),
      codeItem(
        'HAS CONCEPT MOD',
        ['363698007', 'SCT', 'Finding Site'],
        ['51185008', 'SCT', 'Thoracic structure'],
      ),
      numItem('CONTAINS', own(id, assessed), {
        value: percent,
        unit: PERCENT,
        items: source ? measuredOn(source, [regions.hottest(id)]) : [],
      }),
      codeItem(
        'CONTAINS',
        own('result', 'Result against the threshold'),
        RESULTS[result],
        explained && comments === 'below' ? [comment(explained, 'HAS PROPERTIES')] : [],
      ),
      ...(explained && comments === 'beside' ? [comment(explained, 'CONTAINS')] : []),
    ],
  )
}

/** A class and how it came out, in one code: who reads the finding alone must not take it for the disease. */
function finding(id: string, result: keyof typeof RESULTS, assessed: string, verdict: string): Code {
  const sign = { positive: '+', negative: '-', indeterminate: '?' }[result]
  return own(`${id}${sign}`, `${assessed.slice(0, MEANING - 2 - verdict.length)}: ${verdict}`)
}

/** Image Library (PS3.16, TID 1600): the one image, and what it is. */
const imageLibrary = (source: SourceImage, header: Header | undefined): DataSet => {
  const { modality, laterality } = header ?? {}
  const descriptors = [
    ...(modality
      ? [
          codeItem(
            'HAS ACQ CONTEXT',
            ['121139', 'DCM', 'Modality'],
            [modality, 'DCM', MODALITIES[modality] ?? modality],
          ),
        ]
      : []),
    codeItem(
      'HAS ACQ CONTEXT',
      ['123014', 'DCM', 'Target Region'],
      ['51185008', 'SCT', 'Thoracic structure'],
    ),
    ...(laterality
      ? [codeItem('HAS ACQ CONTEXT', ['111027', 'DCM', 'Image Laterality'], SIDES[laterality])]
      : []),
  ]
  const image: DataSet = {
    // It may do without a name (PS3.16, TID 1601), but viewers that print the tree read one of every item.
    ...entry('CONTAINS', 'IMAGE', ['121322', 'DCM', 'Source image for image processing operation']),
    '00081199': ['SQ', { items: [imageReference(source)] }],
    '0040a730': ['SQ', { items: descriptors }],
  }
  return container(
    ['111028', 'DCM', 'Image Library'],
    [container(['126200', 'DCM', 'Image Library Group'], [image])],
  )
}
const MODALITIES: Readonly<Record<string, string>> = { CR: 'Computed Radiography', DX: 'Digital Radiography' }
const SIDES: Readonly<Record<'L' | 'R' | 'B', Code>> = {
  L: ['7771000', 'SCT', 'Left'],
  R: ['24028007', 'SCT', 'Right'],
  B: ['51440002', 'SCT', 'Bilateral'],
}
