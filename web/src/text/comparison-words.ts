import type { Language } from '@detl/core/model/classes'

/** Words of the dialog that compares films; what a comparison itself says is core's (`answers/comparison/words-of.ts`). */
export type ComparisonDialogWords = Readonly<
  Record<
    | 'open'
    | 'heading'
    | 'lead'
    | 'choose'
    | 'start'
    | 'sent'
    | 'stays'
    | 'timeLine'
    | 'pair'
    | 'whole'
    | 'sideBySide'
    | 'swipe'
    | 'swipeFrom'
    | 'cannotSwipe'
    | 'differentPatients'
    | 'again',
    string
  >
> & {
  readonly step: (from: number, to: number) => string
}

export const comparisonWords: Readonly<Record<Language, ComparisonDialogWords>> = {
  en: {
    open: 'Compare films',
    heading: 'Films of one patient, compared',
    lead: 'Whether less or more of the lungs is opaque than before. Choose two films or more.',
    choose: 'Films to compare, the earliest first',
    start: 'Compare',
    sent: 'The films themselves are sent to the endpoint, and each is charged as one screening.',
    stays: 'The films stay on this device.',
    timeLine: 'Time line',
    pair: 'Films that are shown',
    whole: 'from the first to the last',
    sideBySide: 'Side by side',
    swipe: 'Swipe',
    swipeFrom: 'How much of the earlier film is shown',
    cannotSwipe: 'These two films cannot be laid upon each other.',
    differentPatients: 'Compare although the files name different patients',
    again: 'Choose other films',
    step: (from, to) => `film ${from} and film ${to}`,
  },
  de: {
    open: 'Aufnahmen vergleichen',
    heading: 'Aufnahmen einer Person im Vergleich',
    lead: 'Ob weniger oder mehr von der Lunge verschattet ist als zuvor. Zwei Aufnahmen oder mehr sind zu wählen.',
    choose: 'Zu vergleichende Aufnahmen, die früheste zuerst',
    start: 'Vergleichen',
    sent: 'Die Aufnahmen selbst gehen an den Dienst; jede zählt als eine Bewertung.',
    stays: 'Die Aufnahmen bleiben auf diesem Gerät.',
    timeLine: 'Verlauf',
    pair: 'Gezeigte Aufnahmen',
    whole: 'von der ersten zur letzten',
    sideBySide: 'Nebeneinander',
    swipe: 'Überblenden',
    swipeFrom: 'Wie viel von der früheren Aufnahme zu sehen ist',
    cannotSwipe: 'Diese zwei Aufnahmen lassen sich nicht übereinanderlegen.',
    differentPatients: 'Vergleichen, obwohl die Dateien verschiedene Personen nennen',
    again: 'Andere Aufnahmen wählen',
    step: (from, to) => `Aufnahme ${from} und Aufnahme ${to}`,
  },
}
