import type { ComparisonWords } from './words.ts'

export const de: ComparisonWords = {
  title: 'Röntgen-Thorax einer Person, von einem Modell verglichen',
  notice:
    'Nicht klinisch geprüft. Verglichen wird, wie viel der Lunge verschattet aussieht, nicht, wie es der Person geht. Auch Strahlengang, Einatmung und Lage verändern eine Aufnahme und können wie eine Veränderung der Lunge aussehen.',
  trend: {
    better: 'Weniger von der Lunge ist verschattet',
    unchanged: 'Keine Veränderung, die zählt',
    worse: 'Mehr von der Lunge ist verschattet',
    'cannot-tell': 'Nicht zu sagen',
  },
  trendInAWord: { better: 'weniger', unchanged: 'gleich', worse: 'mehr', 'cannot-tell': 'nicht zu sagen' },
  measured: (trend, from, to, change, smallest) =>
    `${trend}: ${from} beider Lungen, dann ${to} (${change}; kleinste Veränderung, die zählt: ${smallest})`,
  unmeasured: (trend, reason) => `${trend}: ${reason}`,
  reason: {
    'lungs-do-not-match':
      'die Lungen der beiden Aufnahmen kommen nicht zur Deckung; Strahlengang, Einatmung oder Person sind zu verschieden',
    'zones-disagree': 'manche Felder sind weniger verschattet, andere mehr, und das Ganze ist etwa gleich',
    'not-measured':
      'wie sehr die Werte dieses Modells zwischen Aufnahmen einer Person schwanken, wurde nicht gemessen',
  },
  remark: {
    'sides-exchanged':
      'eine der beiden Aufnahmen liegt seitenverkehrt zur anderen: Für den Vergleich wurden ihre Seiten getauscht; welche falsch herum liegt, ist nicht zu sagen',
    'sides-uncertain':
      'eine der beiden Aufnahmen liegt vielleicht seitenverkehrt zur anderen: Dann sind Felder falscher Seiten verglichen',
    'sides-unchecked':
      'nur die aufbewahrten Antworten wurden verglichen, nicht die Aufnahmen: Ob eine seitenverkehrt oder eine Kopie der anderen ist, wurde nicht angesehen',
    'same-film': 'die beiden sehen wie eine Aufnahme aus, oder wie Kopien von ihr',
    'maybe-more':
      'etwas mehr von der Lunge ist verschattet: mehr, als Kopien einer Aufnahme voneinander abweichen, und nicht mehr, als Strahlengang und Einatmung ändern können',
    'maybe-less':
      'etwas weniger von der Lunge ist verschattet: mehr, als Kopien einer Aufnahme voneinander abweichen, und nicht mehr, als Strahlengang und Einatmung ändern können',
    'order-given':
      'nicht jede Aufnahme nennt ihr Datum: Sie werden in der Reihenfolge verglichen, in der sie kamen',
    'order-within-day':
      'Aufnahmen eines Tages nennen keine verschiedenen Uhrzeiten: Sie werden in der Reihenfolge verglichen, in der sie kamen',
    'patients-differ':
      'die Köpfe der Dateien nennen verschiedene Personen; der Vergleich war trotzdem verlangt',
    'patient-unknown':
      'nicht jede Aufnahme nennt ihre Person: Dass alle von einer Person sind, sagt der Aufrufer',
  },
  columns: { zone: 'Feld', from: 'Vorher', to: 'Nachher', change: 'Änderung', trend: 'Verschattet' },
  film: (number, taken) => (taken === undefined ? `Aufnahme ${number}` : `Aufnahme ${number}, ${taken}`),
  days: (count) => (count === 1 ? '1 Tag später' : `${count} Tage später`),
  difference: (from, to) => `Aufnahme ${to} minus Aufnahme ${from}`,
  less: 'weniger verschattet',
  more: 'mehr verschattet',
  series: 'DETL: Vergleich (nicht zur Diagnose)',
  changeOf: (what) => `KI-Änderung: ${what}`,
  range: (low, high) => `${low} bis ${high}`,
}
