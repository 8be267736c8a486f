import type { BatchState } from '@detl/core/api/batch'
import type { Language } from '@detl/core/model/classes'

/** Words of the dialog that shows batches. */
export type BatchWords = Readonly<
  Record<
    | 'open'
    | 'heading'
    | 'lead'
    | 'none'
    | 'add'
    | 'pause'
    | 'resume'
    | 'cancel'
    | 'rerun'
    | 'save'
    | 'csv'
    | 'ndjson'
    | 'fhir',
    string
  >
> & {
  readonly states: Readonly<Record<BatchState, string>>
  /** Items that have ended, of all; those without a result; and at which pace. */
  progress(ended: number, total: number): string
  failed(count: number): string
  pace(perMinute: number): string
  ends(time: string): string
  /** Of a control: which batch it is for. */
  of(what: string, name: string): string
  cancelSure(name: string): string
}

export const batchWords: Readonly<Record<Language, BatchWords>> = {
  en: {
    open: 'Batches',
    heading: 'Batches',
    lead: 'An archive is screened by a list of where its images lie: one a line, as NDJSON or CSV.',
    none: 'There is no batch yet.',
    add: 'Start a batch from a list…',
    pause: 'Pause',
    resume: 'Go on',
    cancel: 'Cancel',
    rerun: 'Run failed ones again',
    save: 'Save results',
    csv: 'CSV table',
    ndjson: 'NDJSON',
    fhir: 'FHIR reports',
    states: {
      loading: 'reading the list',
      running: 'running',
      paused: 'paused',
      cancelling: 'ending',
      cancelled: 'cancelled',
      completed: 'completed',
    },
    progress: (ended, total) => `${ended.toLocaleString('en')} of ${total.toLocaleString('en')}`,
    failed: (count) => `${count.toLocaleString('en')} failed`,
    pace: (perMinute) => `${Math.round(perMinute).toLocaleString('en')} a minute`,
    ends: (time) => `until about ${time}`,
    of: (what, name) => `${what}: ${name}`,
    cancelSure: (name) => `Cancel “${name}”? What was not begun stays undone, and costs nothing.`,
  },
  de: {
    open: 'Stapel',
    heading: 'Stapel',
    lead: 'Ein Archiv wird nach einer Liste bewertet, die sagt, wo seine Bilder liegen: eines je Zeile, als NDJSON oder CSV.',
    none: 'Noch gibt es keinen Stapel.',
    add: 'Stapel aus einer Liste beginnen …',
    pause: 'Anhalten',
    resume: 'Weiter',
    cancel: 'Abbrechen',
    rerun: 'Fehlgeschlagene wiederholen',
    save: 'Ergebnisse speichern',
    csv: 'CSV-Tabelle',
    ndjson: 'Als NDJSON',
    fhir: 'FHIR-Befunde',
    states: {
      loading: 'die Liste wird gelesen',
      running: 'läuft',
      paused: 'angehalten',
      cancelling: 'wird beendet',
      cancelled: 'abgebrochen',
      completed: 'fertig',
    },
    progress: (ended, total) => `${ended.toLocaleString('de')} von ${total.toLocaleString('de')}`,
    failed: (count) => `${count.toLocaleString('de')} fehlgeschlagen`,
    pace: (perMinute) => `${Math.round(perMinute).toLocaleString('de')} je Minute`,
    ends: (time) => `bis etwa ${time}`,
    of: (what, name) => `${what}: ${name}`,
    cancelSure: (name) => `„${name}“ abbrechen? Was nicht begonnen wurde, bleibt ungetan und kostet nichts.`,
  },
}
