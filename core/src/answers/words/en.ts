import { DISCLAIMER } from '../../api/disclaimer.ts'
import { LUNG_FAULTS, LUNG_REMARKS } from '../../lungs/lung.ts'
import type { AnswerWords } from './words.ts'

export const en: AnswerWords = {
  disclaimer: DISCLAIMER,
  notForDiagnosis: 'Research software, not for diagnosis',
  decimalPoint: '.',
  headline: {
    above: (listed) => `Above threshold: ${listed}`,
    contradicted: (listed) => `; so is ${listed}, which contradicts it`,
    below: (all, listed) => (all ? 'No finding above its threshold' : `Not above threshold: ${listed}`),
    undecided: (highest) => `Undecided: no class reaches its threshold; highest: ${highest}`,
    outside: 'No decision: the image is outside what the model knows',
    aboveAllTheSame: (listed) => `; above threshold all the same: ${listed}`,
    unsure: (highest, from) =>
      `No decision: the model is not sure enough; highest score: ${highest}, and it decides from ${from} on`,
    noThresholds: (highest) => `No decision: there are no thresholds; highest score: ${highest}`,
  },
  scored: (name, score, threshold) =>
    threshold === undefined ? `${name} ${score}` : `${name} ${score} (threshold ${threshold})`,
  point: { screening: 'screening', balanced: 'balanced', custom: 'custom', none: 'none' },
  verdict: { above: 'above threshold', below: 'below threshold', none: 'no threshold' },
  sideInAWord: { above: 'above', below: 'below', none: '–' },
  side: (above, threshold, point) =>
    `${above ? 'At or above' : 'Below'} the threshold of ${threshold} (operating point: ${point})`,
  sensitivity: 'sensitivity',
  specificity: 'specificity',
  onLeftOut: 'on held-out images',
  inUnseen: (source) => `in ${source}, which training had not seen,`,
  predictive: {
    ppv: (value) => `PPV ${value}`,
    npv: (value) => `NPV ${value}`,
    at: (prevalence) => `at a prevalence of ${prevalence}`,
  },
  interval: (value, low, high, n) => `${value} (95 % CI ${low} to ${high}, n = ${n})`,
  scoreFor: (name) => `AI score for ${name}`,
  probabilityOf: (name) => `AI probability of ${name}`,
  columns: { class: 'Class', score: 'Score', threshold: 'Threshold', decision: 'Decision' },
  score: 'score',
  model: 'Model',
  operatingPoint: 'Operating point',
  site: ({ name, films, calibration: c }) =>
    `Thresholds from ${films} films of ${name}.${
      c
        ? ` Temperature fitted to them: ${c.temperature.value.toFixed(2)} (95 % CI ${c.temperature.low.toFixed(2)} to ${c.temperature.high.toFixed(2)}); expected calibration error ${(100 * c.error.before.value).toFixed(1)} % before, ${(100 * c.error.after.value).toFixed(1)} % after.`
        : ''
    }`,
  heatMapOf: (name) => `Heat map (Grad-CAM): ${name}`,
  heatIsNoFinding: 'Where the model looked; a hot spot is not a finding.',
  heatScale: { none: 'no evidence', most: 'strongest of all classes' },
  patient: 'Patient',
  accession: 'Accession number',
  study: 'Study',
  taken: 'Taken',
  title: 'Chest X-ray screening by a model',
  severity: {
    title: 'Opacity of the lungs',
    notAssessable: 'not assessable',
    faults: LUNG_FAULTS,
    remarks: LUNG_REMARKS,
    right: 'Right lung',
    left: 'Left lung',
    levels: { upper: 'upper zone', middle: 'middle zone', lower: 'lower zone' },
    wholeLung: 'whole lung',
    ranged: (value, low, high) => `${value} (range ${low} to ${high})`,
    score: (value) => `${value} of 18 points`,
    columns: { part: 'Part', extent: 'Opaque (range)', points: 'Points of 3 (range)' },
    scoreOf: 'Opacity score, 0 to 18',
    pointsOf: 'Points, 0 to 3',
    extentOf: 'Share that is opaque',
    range: (of) => `${of}: range`,
    ranges: (level) =>
      `Ranges held the true value in ${level} of held-out images, whose lesions were outlined by hand.`,
    isNot:
      'How much of the lungs looks opaque, not what it is: no Brixia and no RALE score, no diagnosis, and no measure of how ill a patient is.',
  },
  refused: {
    series: 'DETL: not scored',
    because: (detail) => `This image was not scored by the chest X-ray screening. ${detail}`,
  },
}
