import { modelWarnings, qualityWarnings } from '../../api/quality.ts'
import { shownText } from '../../base/printable.ts'
import { inferno } from '../../cam/colour-map.ts'
import type { RgbImage } from '../../cam/overlay.ts'
import { deflateRows } from '../../image/png-encode.ts'
import type { Screened } from '../answer.ts'
import { type Header, headerOf } from '../dicom/source-header.ts'
import { severityIn } from '../lung-findings.ts'
import { once } from '../once.ts'
import { widthOf } from '../picture/lettering.ts'
import { opposite, shownOrientation } from '../picture/orientation.ts'
import { overlayOf } from '../png.ts'
import { tellSeverity } from '../severity-text.ts'
import { toldOf } from '../told.ts'
import { wordsOf } from '../words/words-of.ts'
import { PdfFile, textString } from './file.ts'
import { PAGE, Pages } from './pages.ts'

/**
 * The answer on paper: PDF 1.7, A4, with the decision, patient and study as the image's header has them, each class with what its threshold is worth, how much of the lungs is opaque,
 * the heat map over the film with its scale, remarks, and what it is not. Text can be searched; its letters are Helvetica, which every reader has.
 */
export const toPdf = once(async (answer: Screened): Promise<Uint8Array<ArrayBuffer>> => {
  const film = await overlayOf(answer)
  const header = await headerOf(answer)
  const pages = new Pages()
  writeHead(pages, answer, header)
  writeScores(pages, answer)
  writeSeverity(pages, answer)
  writeFilm(pages, answer, header, film)
  writeFoot(pages, answer)
  return fileOf(pages, answer, { Film: film, Bar: colourBar() })
})

const BODY = { size: 9 } as const
const SMALL = { size: 7.5, grey: true } as const

function writeHead(pages: Pages, answer: Screened, header: Header | undefined): void {
  const words = wordsOf(answer.language)
  const { told } = toldOf(answer)
  pages.paragraph(words.title, { size: 15, bold: true })
  pages.paragraph(words.notForDiagnosis, { size: 9, bold: true })
  const facts = [
    [words.patient, shownText([header?.patientName, header?.patientId].filter(Boolean).join(' · '))],
    [words.accession, header?.accession ?? ''],
    [words.study, header?.studyUid ?? ''],
    [words.taken, header?.taken?.replace('T', ' ') ?? ''],
  ].filter(([, value]) => value !== '')
  if (facts.length > 0)
    pages.table(
      facts as [string, string][],
      facts.map(() => BODY),
    )
  pages.space(4)
  pages.paragraph(told.headline, { size: 13, bold: true })
}

function writeScores(pages: Pages, answer: Screened): void {
  const { columns } = wordsOf(answer.language)
  const { decision, told } = toldOf(answer)
  const rows = told.classes.map(({ name, score, threshold, side }) => [name, score, threshold ?? '–', side])
  pages.table(
    [[columns.class, columns.score, columns.threshold, columns.decision], ...rows],
    [
      { size: 9, grey: true },
      ...told.classes.map((one) => ({ size: 10, bold: decision.above.includes(one.class) })),
    ],
  )
  for (const { name, explained } of told.classes)
    if (explained) pages.paragraph(`${name}: ${explained}`, SMALL)
}

/** How much of the lungs is opaque: a sentence, the zones, and what it is not. */
function writeSeverity(pages: Pages, answer: Screened): void {
  const severity = severityIn(answer)
  if (!severity) return
  const { columns } = wordsOf(answer.language).severity
  const { line, parts, caution } = tellSeverity(severity, answer.language)
  pages.space(2)
  pages.paragraph(line, { size: 9, bold: true })
  const zones = parts.filter(({ points }) => points !== undefined)
  if (zones.length > 0)
    pages.table(
      [
        [columns.part, columns.extent, columns.points],
        ...zones.map(({ name, extent, points }) => [name, extent, points!]),
      ],
      [{ size: 7.5, grey: true }, ...zones.map(() => ({ size: 7.5 }))],
    )
  pages.paragraph(caution, SMALL)
}

/** The film, sides of the patient beside it, and the heat map's scale. */
function writeFilm(pages: Pages, answer: Screened, header: Header | undefined, film: RgbImage): void {
  const words = wordsOf(answer.language)
  const { decision, told } = toldOf(answer)
  pages.space(4)
  pages.paragraph(words.heatMapOf(told.classes.find((one) => one.class === decision.leading)!.name), BODY)
  pages.space(3)
  const place = pages.image('Film', film, Math.max(260, Math.min(400, pages.room - 120)))
  const [rows] = shownOrientation(header?.orientation, answer.intake.quality.corrected) ?? []
  if (rows !== undefined) {
    const mark = { size: 12, bold: true }
    const y = place.y + place.height - 20
    const side = opposite(rows)
    pages.text(side, place.x - 6 - widthOf(side, 12), y, mark)
    pages.text(rows, place.x + place.width + 6, y, mark)
  }
  pages.space(14)
  const bar = pages.image('Bar', { width: 300, height: 8 }, 8)
  pages.space(10)
  const { none, most } = words.heatScale
  pages.text(none, bar.x, bar.y - 10, SMALL)
  pages.text(most, bar.x + bar.width - widthOf(most, 7.5), bar.y - 10, SMALL)
  pages.space(4)
  pages.paragraph(words.heatIsNoFinding, SMALL)
}

function writeFoot(pages: Pages, answer: Screened): void {
  const words = wordsOf(answer.language)
  const { manifest, intake, scores, id, at } = answer
  for (const { detail } of [...qualityWarnings(intake.quality), ...modelWarnings(scores, severityIn(answer))])
    pages.paragraph(detail, { size: 8 })
  const { point } = toldOf(answer).told
  const time = `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`
  pages.paragraph(
    `${words.model} ${manifest.name} ${manifest.version} · ${words.operatingPoint}: ${point} · ${time} · ${id}`,
    SMALL,
  )
  pages.paragraph(words.disclaimer, { size: 8, bold: true })
}

function colourBar(): RgbImage {
  const colours = inferno()
  return { width: 256, height: 1, data: colours }
}

async function fileOf(
  pages: Pages,
  answer: Screened,
  images: Readonly<Record<string, RgbImage>>,
): Promise<Uint8Array<ArrayBuffer>> {
  const file = new PdfFile()
  const font = (name: string) =>
    file.add(`<</Type/Font/Subtype/Type1/BaseFont/${name}/Encoding/WinAnsiEncoding>>`)
  const fonts = `/R ${font('Helvetica')} 0 R/B ${font('Helvetica-Bold')} 0 R`
  let drawn = ''
  for (const [name, image] of Object.entries(images)) drawn += `/${name} ${await addImage(file, image)} 0 R`
  const tree = file.reserve()
  const kids = pages.streams.map((stream) => {
    const content = file.add(
      '<<>>',
      Uint8Array.from(stream, (char) => char.charCodeAt(0)),
    )
    return file.add(
      `<</Type/Page/Parent ${tree} 0 R/MediaBox[0 0 ${PAGE.width} ${PAGE.height}]/Resources<</Font<<${fonts}>>/XObject<<${drawn}>>>>/Contents ${content} 0 R>>`,
    )
  })
  file.add(
    `<</Type/Pages/Count ${kids.length}/Kids[${kids.map((kid) => `${kid} 0 R`).join(' ')}]>>`,
    undefined,
    tree,
  )
  const catalog = file.add(`<</Type/Catalog/Pages ${tree} 0 R/Lang(${answer.language})>>`)
  const date = new Date(answer.at).toISOString().replaceAll(/\D/g, '').slice(0, 14)
  const title = textString(wordsOf(answer.language).title)
  return file.finish(catalog, file.add(`<</Title${title}/Producer(DETL)/CreationDate(D:${date}Z)>>`))
}

/** Rows as PNG packs them, which PDF reads too (ISO 32000-1, section 7.4.4.4). */
const addImage = async (file: PdfFile, { width, height, data }: RgbImage): Promise<number> =>
  file.add(
    `<</Type/XObject/Subtype/Image/Width ${width}/Height ${height}/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/FlateDecode/DecodeParms<</Predictor 15/Colors 3/Columns ${width}>>>>`,
    await deflateRows(data, height),
  )
