import type { ClassList } from '@detl/core/model/class-list'
import type { Box } from '../data/record.ts'
import type { GalleryCase } from '../scores/files.ts'
import { escapeHtml, page, section } from './html.ts'

/**
 * The cases as cards. Without `xrays` only the maps are drawn, on black: they are the network's own output and may be
 * shipped with a report, which the images may not.
 */
export function galleryCards(cases: readonly GalleryCase[], list: ClassList, xrays: boolean): string {
  const truths = [...new Set(cases.map((c) => c.truth))]
  return truths
    .map((truth) => {
      const of = cases.filter((c) => c.truth === truth)
      return `<h3>${truth}</h3><div class="cases">${of.map((c) => card(c, list, xrays)).join('')}</div>`
    })
    .join('\n')
}

/** A page of its own, with the X-rays: for the eyes of whoever has the data set. */
export const renderGallery = (cases: readonly GalleryCase[], rule: string, list: ClassList): string =>
  page(
    'Grad-CAM gallery',
    `<h1>Grad-CAM gallery</h1>
<p class="headline">This page shows images of the data set, whose licences differ. Do not pass it on or put it into a repository; report.html shows the same maps without the images.</p>
<p>${escapeHtml(rule)} Left what the network was given, then the map of the class that it said and, where that is wrong, of the true one. Each map is drawn to its own maximum; below it stands what that is beside the hottest class’s. Boxes are radiologists’.</p>
${section('cases', 'Cases', galleryCards(cases, list, true))}`,
  )

function card(c: GalleryCase, { classes }: ClassList, xrays: boolean): string {
  const right = c.predicted === c.truth
  const pictures = [
    ...(xrays ? [picture(c.xray, 'input', '', [])] : []),
    ...c.views.map((v) => picture(xrays ? v.overlay : v.map, v.label, heat(v.share), c.boxes)),
  ]
  const bars = classes.map(({ id: label }, i) => {
    const p = c.probabilities[i]!
    return `<div class="bar"><span>${label}</span><i style="width:${(100 * p).toFixed(1)}%"></i><span>${p.toFixed(2)}</span></div>`
  })
  const said = right ? 'recognised' : `taken for <b>${c.predicted}</b>`
  return `<div class="case${right ? '' : ' wrong'}"><div class="row">${pictures.join('')}</div><p>${said} <span class="of">· ${escapeHtml(c.dataset)}, fold ${c.fold}, ${escapeHtml(c.id)}</span></p>${bars.join('')}</div>`
}

const heat = (share: number): string =>
  share === 0 ? 'no evidence' : share === 1 ? 'the hottest map' : `${percentOf(share)} of the hottest`
const percentOf = (share: number): string => (share < 0.01 ? 'under 1 %' : `${Math.round(100 * share)} %`)

function picture(uri: string, of: string, note: string, boxes: readonly Box[]): string {
  const outlines = boxes
    .map(
      (b) =>
        `<rect x="${b.x}" y="${b.y}" width="${b.width}" height="${b.height}" fill="none" stroke="#5fe0a8" stroke-width="0.012"/>`,
    )
    .join('')
  const over = outlines && `<svg viewBox="0 0 1 1">${outlines}</svg>`
  return `<div><div class="picture"><img alt="${of}" src="${uri}">${over}</div><span class="of">${of}${note && `<br>${note}`}</span></div>`
}
