import { scoredLine } from '@detl/cli/screen/line'
import { csvHeader, toCsv, toText } from '@detl/cli/screen/printers'
import { codecs } from '@detl/codecs/modules'
import type { Answer } from '@detl/core/answers/answer'
import { toSecondaryCapture } from '@detl/core/answers/dicom/secondary-capture'
import { toStructuredReport } from '@detl/core/answers/dicom/structured-report'
import { toFhir } from '@detl/core/answers/fhir'
import { toJson } from '@detl/core/answers/json'
import { toPdf } from '@detl/core/answers/pdf/report'
import { reportPicture } from '@detl/core/answers/picture/report-picture'
import { scoresFromJson } from '@detl/core/answers/scores-from-json'
import { tellSeverity } from '@detl/core/answers/severity-text'
import { DEFAULT_SETTINGS } from '@detl/core/api/default-settings'
import { screeningSchema } from '@detl/core/api/screening'
import { parseDicom } from '@detl/core/image/dicom/parse'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { takeIn } from '@detl/core/intake/intake'
import type { Intake } from '@detl/core/intake/taken-in'
import { ZONES } from '@detl/core/lungs/zones'
import type { Language } from '@detl/core/model/classes'
import { readScores } from '@detl/core/model/outputs'
import { readHeader } from '@detl/gateway/dicom/header'
import { escapeHl7, toOru } from '@detl/gateway/images/hl7-message'
import { readAnswer } from '@detl/gateway/screen/answer'
import { parse } from 'csv-parse/sync'
import { extractText, getDocumentProxy } from 'unpdf'
import { beforeAll, describe, expect, it } from 'vitest'
import { chestDicom } from '../../support/chest-dicom.ts'
import { testManifest } from '../../support/manifest.ts'
import { type DrawnChest, drawnRegions, TEST_REGIONS } from '../../support/regions.ts'

const bytes = chestDicom()
const manifest = testManifest({ regions: TEST_REGIONS })
let intake: Intake
let header: Awaited<ReturnType<typeof readHeader>>
beforeAll(async () => {
  const gate = { mode: 'refuse', spec: manifest.gate } as const
  intake = await takeIn(bytes, manifest.preprocess, gate, { limits: DEFAULT_LIMITS, codecs })
  header = await readHeader(bytes)
})

function answerOf(chest: DrawnChest | undefined, language: Language): Answer {
  const cam = Float32Array.from({ length: 4 * 6 }, (_, i) => i / 24)
  const outputs = { probabilities: Float32Array.of(0.1, 0.1, 0.2, 0.6), cam }
  const regions = chest && drawnRegions(chest)
  const own = chest ? manifest : testManifest()
  const scores = readScores(own, { ...outputs, regions })
  const id = '00000000-0000-4000-8000-000000000001'
  const settings = DEFAULT_SETTINGS
  return {
    id,
    at: 0,
    manifest: own,
    bytes,
    intake,
    scores,
    settings,
    language,
    references: {},
    servedBy: 'gpu',
  }
}

const LOWER_RIGHT: DrawnChest = { opacity: (x, y) => (x < 0.5 && y > 0.55 ? 1 : 0) }
const CUT_LUNG: DrawnChest = { pictureLeft: { x: 0.1, y: 0.5, rx: 0.13, ry: 0.3 } }
const ONE_LUNG: DrawnChest = { pictureRight: { x: 0.7, y: 0.5, rx: 0, ry: 0 } }

/** All that is said of an answer, as text. */
async function all(answer: Answer): Promise<Record<string, string>> {
  const sr = await parseDicom(await toStructuredReport(answer), DEFAULT_LIMITS)
  const sc = await parseDicom(await toSecondaryCapture(answer), DEFAULT_LIMITS)
  const { dataOffset, length } = sc.dataSet.elements.x00204000!
  const { text } = await extractText(await getDocumentProxy(new Uint8Array(await toPdf(answer))), {
    mergePages: true,
  })
  const line = scoredLine('film.dcm', answer.manifest, intake, answer.scores, answer)
  return {
    fhir: JSON.stringify(await toFhir(answer)),
    sr: new TextDecoder().decode(sr.dataSet.byteArray),
    sc: new TextDecoder().decode(sc.dataSet.byteArray.subarray(dataOffset, dataOffset + length)),
    pdf: text.replaceAll('\n', ' '),
    hl7: await oru(answer),
    text: toText('en')(line),
    csv: csvHeader(answer.manifest.labels) + toCsv(answer.manifest.labels)(line),
  }
}

const oru = (answer: Answer) =>
  toOru(
    {
      item: {} as Parameters<typeof toOru>[0]['item'],
      header,
      id: answer.id,
      at: 0,
      told: { screened: answer },
    },
    {
      kind: 'hl7',
      host: '127.0.0.1',
      port: 2575,
      sender: 'DETL',
      senderFacility: '',
      receiver: 'RIS',
      receiverFacility: '',
      image: 'none',
    },
  )

describe.each(['en', 'de'] as const)('how much of the lungs is opaque, in %s,', (language) => {
  it.each([
    ['measured', LOWER_RIGHT],
    ['measured on a lung of which a part is cut off', CUT_LUNG],
    ['not assessable', ONE_LUNG],
  ])('is said alike by every representation where it is %s', async (_, chest) => {
    const answer = answerOf(chest, language)
    const { severity } = screeningSchema.parse(toJson(answer))
    const { line, caution } = tellSeverity(severity!, language)
    const { fhir, sr, sc, pdf, hl7, text } = await all(answer)
    for (const [name, said] of Object.entries({ fhir, sr, sc, pdf })) expect(said, name).toContain(line)
    for (const [name, said] of Object.entries({ fhir, sr, pdf })) expect(said, name).toContain(caution)
    expect(hl7).toContain(`${escapeHl7(`${line}. ${caution}`)}`)
    expect(text).toContain(tellSeverity(severity!, 'en').line) // the command line speaks English
  })
})

it.each([
  ['a part of a lung is cut off', CUT_LUNG, 'lungs-cut-off', 'a small part of a lung lies outside the image'],
  ['lungs are not to be seen', ONE_LUNG, 'lungs-not-found', 'two lungs are not to be seen in this image'],
])('that %s is a remark on the image, in every representation', async (_, chest, code, words) => {
  const answer = answerOf(chest, 'en')
  const { warnings } = toJson(answer).quality
  expect(warnings.map((one) => one.code)).toEqual([code])
  expect(warnings[0]!.detail).toContain(words)
  const { csv, text, ...documents } = await all(answer)
  for (const [name, said] of Object.entries(documents)) expect(said, name).toContain(words)
  expect(text).toContain(`! ${code}: `)
  expect((parse(csv!, { columns: true }) as Record<string, string>[])[0]!.warnings).toBe(code)
})

it('has a range with every number, and is the patient’s right lung, in words', () => {
  const { severity } = toJson(answerOf(LOWER_RIGHT, 'en'))
  const { line, parts } = tellSeverity(severity!, 'en')
  expect(line).toMatch(
    /^Opacity of the lungs: [\d.]+ \(range [\d.]+ to [\d.]+\) of 18 points; Right lung 3\d % \(range 2\d % to 4\d %\), Left lung 0 % \(range 0 % to 10 %\)$/,
  )
  expect(parts).toHaveLength(8)
  expect(parts.find(({ part }) => part === 'C')).toMatchObject({
    name: 'Right lung, lower zone (C)',
    extent: expect.stringMatching(/^\d+ % \(\d+–\d+ %\)$/),
    points: expect.stringMatching(/^[\d.]+ \([\d.]+–[\d.]+\)$/),
  })
})

describe('a structured form', () => {
  it('FHIR: the score, with the lungs as its members and zones as their components', async () => {
    const answer = answerOf(LOWER_RIGHT, 'en')
    const severity = toJson(answer).severity!
    if (!severity.assessable) throw new Error('not assessable')
    const { contained, result } = await toFhir(answer)
    const observations = contained!.filter((one) => one.resourceType === 'Observation')
    const [whole, right] = observations.filter(({ id }) => id!.startsWith('lung-opacity'))
    expect(result!.at(-1)).toEqual({ reference: '#lung-opacity-score' })
    expect(whole!.hasMember).toEqual([
      { reference: '#lung-opacity-right' },
      { reference: '#lung-opacity-left' },
    ])
    expect(whole!.valueQuantity).toMatchObject({ value: severity.score.value, code: '{score}' })
    expect(whole!.component![0]!.valueRange).toMatchObject({
      low: { value: severity.score.low },
      high: { value: severity.score.high },
    })
    expect(right!.valueQuantity!.value).toBeCloseTo(100 * severity.extent.right.value, 0)
    const zones = right!.component!.map(({ code }) => code.coding![0]!.code)
    for (const zone of ['A', 'B', 'C'])
      expect(zones).toEqual(expect.arrayContaining([zone, `${zone}-range`, `${zone}-points`]))
    // No disease, whose code would read as a finding of it.
    expect(JSON.stringify([whole, right])).not.toMatch(/pneumonia|covid/i)
  })

  it('FHIR: absent, with the reason, where it is not assessable', async () => {
    const { contained } = await toFhir(answerOf(ONE_LUNG, 'en'))
    const whole = contained!.find(({ id }) => id === 'lung-opacity-score')
    expect(whole).toMatchObject({
      dataAbsentReason: { text: expect.stringContaining('two lungs are not to be seen') },
    })
    expect(whole).not.toHaveProperty('valueQuantity')
    expect(whole).not.toHaveProperty('hasMember')
  })

  it('HL7: numbers with their ranges as structured numerics', async () => {
    const answer = answerOf(LOWER_RIGHT, 'en')
    const severity = toJson(answer).severity!
    if (!severity.assessable) throw new Error('not assessable')
    const { value, low, high } = severity.score
    const rows = (await oru(answer)).split('\r').map((one) => one.split('|'))
    const row = (code: string) => rows.find((one) => one[3]?.startsWith(`${code}^`))!
    const [, , type, code, , number, units] = row('opacity-score')
    expect([type, code, number, units]).toEqual([
      'NM',
      'opacity-score^Opacity score, 0 to 18^99DETL',
      String(value),
      '{score}^^UCUM',
    ])
    expect(row('opacity-score-range')[2]).toBe('SN')
    expect(row('opacity-score-range')[5]).toBe(`^${low}^-^${high}`)
    expect(row('opacity-right')[5]).toBe(String(severity.extent.right.value))
    expect((await oru(answerOf(ONE_LUNG, 'en'))).includes('|NM|opacity')).toBe(false)
  })

  it('CSV: numbers, or the reason’s code', async () => {
    const row = async (chest: DrawnChest | undefined) =>
      (parse((await all(answerOf(chest, 'en'))).csv!, { columns: true }) as Record<string, string>[])[0]!
    const measured = await row(LOWER_RIGHT)
    expect(measured.severity).toBe('assessable')
    expect(Number(measured.severity_score_low)).toBeLessThan(Number(measured.severity_score))
    expect(Number(measured.extent_right)).toBeGreaterThan(0.3)
    expect(Number(measured.extent_left_high)).toBeGreaterThan(Number(measured.extent_left))
    expect(await row(ONE_LUNG)).toMatchObject({
      severity: 'lungs-not-found',
      severity_score: '',
      extent_left: '',
    })
    expect(await row(undefined)).toMatchObject({ severity: '', severity_score: '' })
  })
})

it('is burnt into the picture: it needs a line more', async () => {
  const [without, withIt] = [
    await reportPicture(answerOf(undefined, 'en')),
    await reportPicture(answerOf(LOWER_RIGHT, 'en')),
  ]
  expect(withIt.height).toBeGreaterThan(without.height)
})

it('comes back from JSON: the gateway, which has the answer alone, makes the same reports of it', async () => {
  const answer = answerOf(LOWER_RIGHT, 'de')
  const { scores } = scoresFromJson(readAnswer(JSON.stringify(toJson(answer))), manifest)
  expect(scores.regions).toBeUndefined()
  const { csv: _, text: __, ...first } = await all(answer)
  const { csv: ___, text: ____, ...again } = await all({ ...answer, scores })
  for (const name of ['sr', 'sc', 'hl7']) expect(again[name as 'sr'], name).toBe(first[name as 'sr'])
  expect(again.fhir).toBe(first.fhir)
})

it('is not said where the model outlines no lungs', async () => {
  const said = await all(answerOf(undefined, 'en'))
  const { csv: _, ...others } = said
  expect(JSON.stringify(others)).not.toMatch(/opacity/i)
  expect(toJson(answerOf(undefined, 'en'))).not.toHaveProperty('outlines')
})

describe('the outlines of the zones', () => {
  it('lie on the image where the lungs do, the zones of a lung below each other', () => {
    const { outlines, image } = toJson(answerOf({}, 'en'))
    const box = (zone: (typeof ZONES)[number]) => {
      const [xs, ys] = [0, 1].map((axis) => outlines![zone].map((point) => point[axis]!)) as [
        number[],
        number[],
      ]
      return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) }
    }
    const { crop } = image
    const [a, b, c, d] = [box('A'), box('B'), box('C'), box('D')]
    expect(a.bottom).toBeCloseTo(b.top, 1)
    expect(b.bottom).toBeCloseTo(c.top, 1)
    expect(b.right).toBeLessThan(d.left)
    // Drawn at 0.3 ± 0.13 and 0.5 ± 0.3 of the tensor, whose picture is square here.
    expect((b.left - crop.x) / crop.width).toBeCloseTo(0.17, 1)
    expect((a.top - crop.y) / crop.height).toBeCloseTo(0.2, 1)
    expect((c.bottom - crop.y) / crop.height).toBeCloseTo(0.8, 1)
  })

  it('enclose what the lungs measure', () => {
    const { outlines, image } = toJson(answerOf({}, 'en'))
    const area = ZONES.reduce((sum, zone) => {
      const points = outlines![zone]
      return (
        sum +
        Math.abs(
          points.reduce((twice, [x, y], i) => {
            const [u, v] = points.at(i - 1)!
            return twice + u! * y! - x! * v!
          }, 0) / 2,
        )
      )
    }, 0)
    const drawn = 2 * Math.PI * 0.13 * 0.3 * image.crop.width * image.crop.height
    expect(area / drawn).toBeGreaterThan(0.93)
    expect(area / drawn).toBeLessThan(1.07)
  })

  it('are absent where lungs were not found', () => {
    expect(toJson(answerOf(ONE_LUNG, 'en')).outlines).toBeUndefined()
  })
})
