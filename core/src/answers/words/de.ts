import type { AnswerWords } from './words.ts'

const comma = (value: number, digits: number): string => value.toFixed(digits).replace('.', ',')

export const de: AnswerWords = {
  disclaimer:
    'Forschungssoftware, kein Medizinprodukt. Die Werte helfen einer fachkundigen Person; sie sind keine Diagnose.',
  notForDiagnosis: 'Forschungssoftware, nicht zur Diagnose',
  decimalPoint: ',',
  headline: {
    above: (listed) => `Über der Schwelle: ${listed}`,
    contradicted: (listed) => `; ebenso ${listed}, was dem widerspricht`,
    below: (all, listed) => (all ? 'Kein Befund über seiner Schwelle' : `Nicht über der Schwelle: ${listed}`),
    undecided: (highest) => `Unentschieden: keine Klasse erreicht ihre Schwelle; am höchsten: ${highest}`,
    outside: 'Keine Entscheidung: Das Bild liegt außerhalb dessen, was das Modell kennt',
    aboveAllTheSame: (listed) => `; dennoch über der Schwelle: ${listed}`,
    unsure: (highest, from) =>
      `Keine Entscheidung: Das Modell ist nicht sicher genug; höchster Wert: ${highest}, entschieden wird ab ${from}`,
    noThresholds: (highest) => `Keine Entscheidung: Es gibt keine Schwellen; höchster Wert: ${highest}`,
  },
  scored: (name, score, threshold) =>
    threshold === undefined ? `${name} ${score}` : `${name} ${score} (Schwelle ${threshold})`,
  point: { screening: 'Suche', balanced: 'ausgewogen', custom: 'eigene Schwellen', none: 'keiner' },
  verdict: { above: 'über der Schwelle', below: 'unter der Schwelle', none: 'keine Schwelle' },
  sideInAWord: { above: 'darüber', below: 'darunter', none: '–' },
  side: (above, threshold, point) =>
    `${above ? 'Auf oder über' : 'Unter'} der Schwelle von ${threshold} (Arbeitspunkt: ${point})`,
  sensitivity: 'Sensitivität',
  specificity: 'Spezifität',
  onLeftOut: 'auf zurückgelegten Bildern',
  inUnseen: (source) => `in ${source}, das im Training nicht vorkam,`,
  predictive: {
    ppv: (value) => `PPW ${value}`,
    npv: (value) => `NPW ${value}`,
    at: (prevalence) => `bei einer Häufigkeit von ${prevalence}`,
  },
  interval: (value, low, high, n) => `${value} (95-%-KI ${low} bis ${high}, n = ${n})`,
  scoreFor: (name) => `KI-Wert für ${name}`,
  probabilityOf: (name) => `KI-Wahrscheinlichkeit: ${name}`,
  columns: { class: 'Klasse', score: 'Wert', threshold: 'Schwelle', decision: 'Entscheidung' },
  score: 'Wert',
  model: 'Modell',
  operatingPoint: 'Arbeitspunkt',
  site: ({ name, films, calibration: c }) =>
    `Schwellen nach ${films} Aufnahmen von ${name}.${
      c
        ? ` Temperatur an ihnen angepasst: ${comma(c.temperature.value, 2)} (95-%-KI ${comma(c.temperature.low, 2)} bis ${comma(c.temperature.high, 2)}); erwarteter Kalibrierungsfehler ${comma(100 * c.error.before.value, 1)} % vorher, ${comma(100 * c.error.after.value, 1)} % nachher.`
        : ''
    }`,
  heatMapOf: (name) => `Wärmebild (Grad-CAM): ${name}`,
  heatIsNoFinding: 'Wohin das Modell geschaut hat; eine heiße Stelle ist kein Befund.',
  heatScale: { none: 'kein Hinweis', most: 'stärkster aller Klassen' },
  patient: 'Patient/in',
  accession: 'Auftragsnummer',
  study: 'Untersuchung',
  taken: 'Aufgenommen',
  title: 'Röntgen-Thorax, Vorprüfung durch ein Modell',
  severity: {
    title: 'Verschattung der Lunge',
    notAssessable: 'nicht beurteilbar',
    faults: {
      'lungs-not-found': 'Auf diesem Bild sind keine zwei Lungen zu sehen',
      'lungs-cut-off': 'Ein Teil einer Lunge liegt außerhalb des Bildes',
      'lungs-implausible':
        'Was gefunden wurde, liegt nicht so, wie zwei Lungen liegen; vielleicht ist das Bild gedreht oder keine frontale Aufnahme',
    },
    remarks: {
      'lungs-cut-off':
        'Ein kleiner Teil einer Lunge liegt außerhalb des Bildes; was von den Lungen gesagt wird, gilt für den sichtbaren Teil',
      'lungs-tilted': 'Die Lungen liegen schräg im Bild; es ist vielleicht um einige Grad gedreht',
    },
    right: 'Rechte Lunge',
    left: 'Linke Lunge',
    levels: { upper: 'Oberfeld', middle: 'Mittelfeld', lower: 'Unterfeld' },
    wholeLung: 'ganze Lunge',
    ranged: (value, low, high) => `${value} (Spanne ${low} bis ${high})`,
    score: (value) => `${value} von 18 Punkten`,
    columns: { part: 'Teil', extent: 'Verschattet (Spanne)', points: 'Punkte von 3 (Spanne)' },
    scoreOf: 'Verschattungswert, 0 bis 18',
    pointsOf: 'Punkte, 0 bis 3',
    extentOf: 'Verschatteter Anteil',
    range: (of) => `${of}: Spanne`,
    ranges: (level) =>
      `Die Spannen enthielten den wahren Wert bei ${level} zurückgelegter Bilder, deren Läsionen von Hand umrandet waren.`,
    isNot:
      'Wie viel der Lunge verschattet aussieht, nicht was es ist: kein Brixia- und kein RALE-Score, keine Diagnose und kein Maß dafür, wie krank jemand ist.',
  },
  refused: {
    series: 'DETL: nicht bewertet',
    because: (detail) => `Dieses Bild wurde vom Thorax-Screening nicht bewertet. ${detail}`,
  },
}
