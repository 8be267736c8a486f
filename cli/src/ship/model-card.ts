import { DISCLAIMER } from '@detl/core/api/disclaimer'
import { focusOf } from '@detl/core/model/class-list'
import { classNameIn } from '@detl/core/model/classes'
import type { Estimate, Manifest } from '@detl/core/model/manifest'
import type { Architecture } from '@detl/train/config'
import type { Report } from '@detl/train/evaluate/report'
import { BACKBONE } from '@detl/train/model/backbone-source'
import { show, table } from './markdown.ts'

const NETWORKS: Record<Architecture, string> = {
  detl12: 'The 12-layer network of Basu, Mitra & Saha 2020 (section IV), from random weights.',
  'mobilenet-v2': `MobileNetV2 (Sandler et al. 2018) down to a sixteenth of its input, with a hidden layer of 128 units. Its first weights are those of the npm package ${BACKBONE.package} ${BACKBONE.version} (MIT): a classifier of photographs, fine-tuned from ImageNet to tell indecent ones.`,
  'mobilenet-v1':
    'MobileNet (Howard et al. 2017) down to a sixteenth of its input, with a hidden layer of 128 units, from random weights.',
  'efficientnet-b0':
    'EfficientNet-B0 (Tan & Le 2019) down to a sixteenth of its input, with a hidden layer of 128 units, from random weights.',
}

/**
 * MODEL_CARD.md after Mitchell et al. 2019, from the manifest and the report alone: no figure is typed in.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a card is one text, read from top to bottom
export function modelCard(manifest: Manifest, report: Report): string {
  const { run, model } = report
  const size = manifest.preprocess.size
  return `${[
    `# ${manifest.name} ${manifest.version}`,
    `> ${DISCLAIMER}`,
    `**In one line.** ${report.headline}`,

    '## What it is',
    [
      `${NETWORKS[run.config.architecture]} On ${size} × ${size} grey pixels, trained by domain extension transfer learning: first normal against disease (Data-A), then ${manifest.labels.join(', ')} (Data-B).`,
      `ONNX with Grad-CAM in the graph (${manifest.cam.method} at ${manifest.cam.layer}, ${manifest.cam.width} × ${manifest.cam.height} cells). Input: UINT8 [N,1,${size},${size}] made by \`${manifest.preprocess.name}\` version ${manifest.preprocess.version}.`,
      `Probabilities are calibrated with temperature ${manifest.temperature.toFixed(3)}, fitted on validation images only.`,
    ].join('\n'),

    '## Intended use',
    'Research, teaching and engineering: a second opinion that a qualified reader weighs against the image, on frontal (PA or AP) chest radiographs of adults.',

    '## What it must not be used for',
    [
      '- Diagnosis, triage without a reader, or ruling out disease: a low score does not mean a healthy chest.',
      '- Lateral views, children, CT, ultrasound, photographs of other body parts.',
      `- Deciding on ${classNameIn(focusOf(report.classes), 'en')} at all where the sources of the images differ from those below: see the shortcut audit.`,
    ].join('\n'),

    '## How good it is',
    `Protocol \`${run.split.protocol}\`, ${report.images.folds} of 5 folds, ${report.images.test} held-out images of ${report.images.groups} groups (patients, case pages, near-duplicates): no group is in two parts. Intervals are 95 %.${severalFolds(report)}`,
    table(
      ['', 'value'],
      [
        ['accuracy', show(model.accuracy)],
        ['balanced accuracy', show(model.balancedAccuracy)],
        ['expected calibration error', show(report.calibration.ece)],
        ['Brier score', show(report.calibration.brier)],
      ],
    ),
    table(
      ['class', 'n', 'sensitivity', 'specificity', 'AUC (by group)'],
      model.classes.map((c) => [
        c.label,
        String(c.n),
        show(c.sensitivity),
        show(c.specificity),
        show(c.aucByGroup),
      ]),
    ),
    ...report.counterTests.map(
      (pair) =>
        `${pair.focus.label} against ${pair.against.label} within one source (${pair.source}, ${pair.focus.n} against ${pair.against.n} images), where the source gives nothing away: AUC ${show(pair.aucByGroup)}.`,
    ),
    report.external
      ? `On an external set that no part of training or selection has seen (${report.external.n} images): balanced accuracy ${show(report.external.balancedAccuracy)}.`
      : 'No external set was scored.',

    ...leftOut(report),
    ...unseen(manifest, report),
    ...selective(manifest),

    '## The shortcut audit',
    'What a classifier reaches that cannot see lung disease, on the same folds. Where a row comes close to the network, the network may owe its figures to the same thing.',
    auditTable(report),

    '## Does it look where the disease is?',
    localisation(report),

    '## Where it works and where not',
    table(
      ['by', 'group', 'n', 'accuracy'],
      report.subgroups.map((g) => [g.by, g.value, String(g.n), show(g.accuracy)]),
    ),

    '## Training data',
    `${manifest.data.images} images, digest \`${manifest.data.digest.slice(0, 16)}…\`. NIH labels are text-mined and about one in ten is wrong. No image is part of this repository.`,
    table(
      ['source', 'images', 'licences, as the sources state them'],
      manifest.data.sources.map((s) => [s.name, String(s.images), s.licences.join('; ')]),
    ),
    `Trained by ${manifest.training.summary}; seed ${manifest.training.seed}; ${manifest.training.backend}; code ${manifest.training.code.slice(0, 19)}.`,

    '## The whole report',
    '`report/report.html` (tables and plots) and `report/report.json`, made by `detl train evaluate`.',
  ].join('\n\n')}\n`
}

/** Each source of COVID-19 images that a network was tested on without ever having been trained on it. */
const leftOut = ({ leftOut: sources }: Report): string[] =>
  sources.map(({ source, focus, images, recall, counterTest: pair }) =>
    [
      `Trained without any image of ${source}, it recognises ${show(recall)} of that source’s ${images[focus] ?? 0} images of ${focus}`,
      pair ? `; against ${pair.against.label} of that source: AUC ${show(pair.aucByGroup)}.` : '.',
    ].join(''),
  )

/** What its thresholds gave in sources that training had not seen. */
const unseen = ({ operatingPoints }: Manifest, { classes }: Report): string[] => {
  const { id } = focusOf(classes)
  const rows = Object.entries(operatingPoints?.[id] ?? {}).flatMap(([name, point]) =>
    [{ ...point, source: 'held-out images of the known sources' }, ...(point.unseen ?? [])].map((u) => [
      name,
      point.threshold.toFixed(3),
      u.source,
      show(u.sensitivity),
      u.specificity ? show(u.specificity) : '–',
    ]),
  )
  return rows.some(([, , source]) => !source!.startsWith('held-out'))
    ? [
        `Thresholds of ${id}, and what they are worth. **A new hospital is nearer to the sources that training had not seen than to the known ones**; thresholds of its own are made by \`detl calibrate\`.`,
        table(['operating point', 'threshold', 'where', 'sensitivity', 'specificity'], rows),
        ...Object.entries(operatingPoints?.[id] ?? {}).flatMap(([name, { fittedOn }]) =>
          fittedOn
            ? [
                `The threshold of ${name} was chosen on what networks of the same recipe said of ${fittedOn.join(' and ')}, each trained without one of them; all others were chosen on validation images.`,
              ]
            : [],
        ),
      ]
    : []
}

/** What it is worth where it decides only what it is sure of. */
const selective = ({ selective: s }: Manifest): string[] =>
  s
    ? [
        `Where it is asked to decide only what it is sure of (\`selective\`), it leaves images undecided whose highest probability is below ${s.threshold.toFixed(3)}. It then decides ${show(s.answered)} of the held-out images, with a balanced accuracy of ${show(s.balancedAccuracy.answered)} instead of ${show(s.balancedAccuracy.all)}.`,
      ]
    : []

const severalFolds = ({ images }: Report): string =>
  images.folds > 1
    ? ` The figures are those of ${images.folds} networks, one a fold, each on the images that it has not seen; the weights are those of one of them.`
    : ''

/** The maps beside maps that know nothing; the sentence follows from the figures. */
function localisation({ localisation: found }: Report): string {
  const all = found?.pointing[0]
  if (!found || !all) return 'Not measured: the data have no boxes or masks.'
  const lungs = found.lungs
  const verdict =
    all.model.low > all.centre.value
      ? 'The maps point to findings better than the centre of the image does.'
      : 'The maps do not point to findings better than the centre of the image does: **do not read them as the place of a disease**.'
  return [
    verdict,
    `Radiologists’ boxes (${all.model.n} images): the hottest cell lies in a box in ${show(all.model)}; the centre of the image in ${show(all.centre)}; a random cell in ${all.random.toFixed(3)}.`,
    ...(lungs
      ? [
          `Share of the map inside the lungs (${lungs.n} images): ${lungs.energy.toFixed(3)}; of a uniform map ${lungs.uniform.toFixed(3)}.`,
        ]
      : []),
  ].join(' ')
}

/** The network beside what cannot see lung disease: the table that the README quotes too. */
export const auditTable = (report: Report): string =>
  table(
    ['input', 'balanced accuracy', `${classNameIn(focusOf(report.classes), 'en')} AUC`],
    [
      ['**this network**', show(report.model.balancedAccuracy), show(focusAuc(report))],
      ...report.shortcuts.map((s) => [s.title, show(s.balancedAccuracy), show(s.focusAuc)]),
    ],
  )

/** Of the class that the report is about, with whole patients and look-alikes resampled. */
export const focusAuc = (report: Report): Estimate => {
  const found = report.model.classes.find((c) => c.label === report.focus)
  if (!found) throw new Error(`the report has no image of ${report.focus}`)
  return found.aucByGroup
}
