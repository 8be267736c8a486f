import { scoredLine } from '@detl/cli/screen/line'
import { csvHeader, toCsv, toText } from '@detl/cli/screen/printers'
import { codecs } from '@detl/codecs/modules'
import type { Answer } from '@detl/core/answers/answer'
import { toSecondaryCapture } from '@detl/core/answers/dicom/secondary-capture'
import { toStructuredReport } from '@detl/core/answers/dicom/structured-report'
import { toFhir } from '@detl/core/answers/fhir'
import { toJson } from '@detl/core/answers/json'
import { toPdf } from '@detl/core/answers/pdf/report'
import { uniform } from '@detl/core/base/random'
import { parseDicom } from '@detl/core/image/dicom/parse'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { takeIn } from '@detl/core/intake/intake'
import type { Intake } from '@detl/core/intake/taken-in'
import { readScores } from '@detl/core/model/outputs'
import { readHeader } from '@detl/gateway/dicom/header'
import { escapeHl7, toOru } from '@detl/gateway/images/hl7-message'
import { parse } from 'csv-parse/sync'
import { beforeAll, describe, expect, it } from 'vitest'
import { chestDicom } from '../../support/chest-dicom.ts'
import { OPERATING_POINTS, SELECTIVE, testManifest } from '../../support/manifest.ts'

const VECTORS = 200
const bytes = chestDicom()
const thresholds = { normal: 0.5, other_disease: 0.45, pneumonia: 0.4, covid19: 0.2 }
const distance = { method: 'mahalanobis', output: 'ood_score', threshold: 0.9 } as const
const { balanced } = OPERATING_POINTS.covid19!
/** The same thresholds as the model's own points, which state what they are worth. */
const operatingPoints = Object.fromEntries(
  Object.entries(thresholds).map(([label, threshold]) => {
    const point = { ...balanced, threshold }
    return [label, { screening: point, balanced: point }]
  }),
)
const manifest = testManifest({ operatingPoints, outOfDistribution: distance, selective: SELECTIVE })
let intake: Intake
let header: Awaited<ReturnType<typeof readHeader>>
const item = {} as Parameters<typeof toOru>[0]['item']
const destination = {
  kind: 'hl7',
  host: '127.0.0.1',
  port: 2575,
  sender: 'DETL',
  senderFacility: '',
  receiver: 'RIS',
  receiverFacility: '',
  image: 'none',
} as const
beforeAll(async () => {
  const gate = { mode: 'refuse', spec: manifest.gate } as const
  const real = await takeIn(bytes, manifest.preprocess, gate, { limits: DEFAULT_LIMITS, codecs })
  const viewed = await real.view(1024)
  header = await readHeader(bytes)
  intake = { ...real, view: async () => viewed } // decoded once for all
})

/** Four scores that sum to 1, of any shape from flat to certain; one film in ten is unlike the training images. */
function answerOf(seed: number): Answer {
  const random = uniform(seed)
  const sharpness = 1 + 5 * random()
  const weights = Float64Array.from({ length: 4 }, () => random() ** sharpness)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const probabilities = Float32Array.from(weights, (weight) => weight / total)
  const cam = Float32Array.from({ length: 4 * 6 }, () => random())
  const scores = readScores(manifest, { probabilities, cam, oodScore: random() })
  const prevalence = { covid19: 0.01 }
  const chosen =
    seed % 2 === 0
      ? ({ operatingPoint: 'balanced', prevalence } as const)
      : { operatingPoint: { thresholds }, prevalence: {} }
  const settings = { ...chosen, ...(seed % 3 === 0 && { selective: true }) }
  const language = seed % 5 === 0 ? 'de' : 'en'
  const id = `00000000-0000-4000-8000-${String(seed).padStart(12, '0')}`
  return { id, at: 0, manifest, bytes, intake, scores, settings, language, references: {}, servedBy: 'gpu' }
}

/** What must be said of an answer, from its numbers alone. */
function expected({ scores: { probabilities, outOfDistribution }, settings }: Answer) {
  const reached = (Object.keys(thresholds) as (keyof typeof thresholds)[]).filter(
    (label) => probabilities[label] >= thresholds[label],
  )
  const unsure = settings.selective === true && Math.max(...Object.values(probabilities)) < 0.6
  return {
    reached,
    above: new Set(reached.filter((label) => label !== 'normal')),
    abstained: outOfDistribution === true || unsure,
    outcome: outOfDistribution
      ? 'out-of-distribution'
      : unsure
        ? 'unsure'
        : reached.some((label) => label !== 'normal')
          ? 'above-threshold'
          : reached.length === 0
            ? 'undecided'
            : 'below-thresholds',
  }
}

type DataSet = Awaited<ReturnType<typeof parseDicom>>['dataSet']
type Group = { finding: string; result: string }

/** The groups of a structured report, and its conclusion. */
async function reportOf(file: Uint8Array): Promise<{ groups: Group[]; conclusion: string }> {
  const itemsOf = (data: DataSet) => data.elements.x0040a730?.items?.map((item) => item.dataSet!) ?? []
  const code = (data: DataSet, tag: string) => data.elements[tag]?.items?.[0]?.dataSet
  const value = (data: DataSet, tag: string) => code(data, tag)?.string('x00080100') ?? ''
  const named = (data: DataSet, name: string) =>
    itemsOf(data).filter((item) => value(item, 'x0040a043') === name)
  const root = (await parseDicom(file, DEFAULT_LIMITS)).dataSet
  const [measurements] = named(root, '126010')
  return {
    groups: named(measurements!, '125007').map((group) => ({
      finding: value(named(group, '121071')[0]!, 'x0040a168'),
      result: code(named(group, 'result')[0]!, 'x0040a168')!.string('x00080104')!,
    })),
    conclusion: utf8(named(root, '121077')[0]!, 'x0040a160'),
  }
}

function utf8(data: DataSet, tag: string): string {
  const { dataOffset, length } = data.elements[tag]!
  return new TextDecoder().decode(data.byteArray.subarray(dataOffset, dataOffset + length)).trim()
}

describe(`all representations of one answer, ${VECTORS} times`, () => {
  it('say the same decision', async () => {
    const seen = new Map<string, number>()
    for (let seed = 1; seed <= VECTORS; seed++) {
      const answer = answerOf(seed)
      const { reached, above, abstained, outcome } = expected(answer)
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1)

      const { decision } = toJson(answer)
      expect([decision.outcome, new Set(decision.above)], `JSON of ${seed}`).toEqual([outcome, above])
      const positives = decision.classes.filter(({ positive }) => positive).map((one) => one.class)
      expect(positives).toEqual(reached)
      const { headline } = decision
      const opening = headline.slice(0, headline.includes(':') ? headline.indexOf(':') : undefined)
      expect(opening).toBe(OPENINGS[answer.language][outcome])

      const fhir = await toFhir(answer)
      const said = fhir.contained!.flatMap((one) =>
        one.resourceType === 'Observation' ? one.interpretation![0]!.coding![0]!.code : [],
      )
      const wanted = Object.keys(thresholds).map((label) =>
        abstained ? 'IND' : reached.includes(label as never) ? 'POS' : 'NEG',
      )
      expect(said, `FHIR of ${seed}`).toEqual(wanted)
      expect(fhir.conclusion?.startsWith(`${headline}. `)).toBe(true)

      const { groups, conclusion } = await reportOf(await toStructuredReport(answer))
      const results = { IND: 'Indeterminate', POS: 'Positive', NEG: 'Negative' } as const
      expect(
        groups.map(({ result }) => result.trim()),
        `SR of ${seed}`,
      ).toEqual(wanted.map((one) => results[one as 'IND']))
      expect(conclusion).toBe(headline)

      const capture = await parseDicom(await toSecondaryCapture(answer), DEFAULT_LIMITS)
      const comments = utf8(capture.dataSet, 'x00204000')
      expect(comments.startsWith(`${headline}. `), `Secondary Capture of ${seed}`).toBe(true)

      const message = await toOru(
        { item, header, id: answer.id, at: 0, told: { screened: answer } },
        destination,
      )
      const observed = message.split('\r').filter((segment) => segment.startsWith('OBX|'))
      const flags = observed.filter((segment) => segment.includes('|NM|')).map((one) => one.split('|')[8])
      expect(flags, `HL7 of ${seed}`).toEqual(wanted.map((one) => (one === 'IND' ? '' : one)))
      expect(observed[0]).toContain(`|${escapeHl7(headline)}. `)

      const drawn = new TextDecoder('latin1').decode(await toPdf(answer)).matchAll(/\((.*)\) Tj ET/g)
      const printed = Array.from(drawn, ([, text]) => text!.replace(/\\([\\()])/g, '$1')).join(' ')
      expect(printed, `PDF of ${seed}`).toContain(` ${headline} `)

      const line = scoredLine('film.dcm', manifest, intake, answer.scores, answer)
      expect(toText(answer.language)(line)).toContain(headline)
      const [row] = parse(csvHeader(manifest.labels) + toCsv(manifest.labels)(line), {
        columns: true,
      }) as Record<string, string>[]
      expect([row!.decision, row!.headline], `CSV of ${seed}`).toEqual([outcome, headline])
      expect(new Set(row!.above_threshold!.split(' ').filter(Boolean))).toEqual(above)
    }
    // The vectors reach all that can come of scores.
    for (const outcome of Object.keys(OPENINGS.en)) expect(seen.get(outcome), outcome).toBeGreaterThan(5)
  })
})

const OPENINGS: Record<'en' | 'de', Record<string, string>> = {
  en: {
    'above-threshold': 'Above threshold',
    'below-thresholds': 'No finding above its threshold',
    undecided: 'Undecided',
    'out-of-distribution': 'No decision',
    unsure: 'No decision',
  },
  de: {
    'above-threshold': 'Über der Schwelle',
    'below-thresholds': 'Kein Befund über seiner Schwelle',
    undecided: 'Unentschieden',
    'out-of-distribution': 'Keine Entscheidung',
    unsure: 'Keine Entscheidung',
  },
}
