import type { Outcome } from '@detl/core/api/decision'
import type { ProblemCode } from '@detl/core/api/problem'
import type { LocalProblem } from '../engine/types.ts'
import type { Filter, Order } from '../state/list-kinds.ts'
import type { BatchWords } from './batch-words.ts'
import type { ComparisonDialogWords } from './comparison-words.ts'

export type Language = 'en' | 'de'

/** A code without an entry is shown in the words of core's table of problems, in English. */
type Advice = Partial<Record<ProblemCode, Words>> & Record<LocalProblem, Words>
export type Words = { readonly title: string; readonly advice: string }

/** Every word of the page. Another language is another object of this type. */
export type Text = {
  readonly name: string
  readonly title: string
  readonly tagline: string
  readonly skipToResult: string
  readonly disclaimer: string
  readonly disclaimerMore: readonly string[]
  readonly about: string
  readonly close: string
  /** Of classes that the page can explain; others are called as their model says. */
  readonly labels: Readonly<Partial<Record<string, { name: string; explained: string }>>>
  readonly intake: Record<
    | 'heading'
    | 'lead'
    | 'choose'
    | 'photograph'
    | 'folder'
    | 'sample'
    | 'sampleMaking'
    | 'paste'
    | 'drop'
    | 'formats'
    | 'add',
    string
  >
  readonly key: Record<
    | 'add'
    | 'set'
    | 'heading'
    | 'lead'
    | 'label'
    | 'save'
    | 'forget'
    | 'malformed'
    | 'needed'
    | 'where'
    | 'show',
    string
  >
  readonly settings: Record<
    'language' | 'theme' | 'themeAuto' | 'themeLight' | 'themeDark' | 'where' | 'endpoint' | 'device',
    string
  > & {
    endpointHint: string
    deviceHint: string
    deviceKept: string
    apiReference: string
  }
  readonly list: {
    heading: string
    progress(done: number, all: number): string
    waiting: string
    reading: string
    scoring: string
    failed: string
    needsKey: string
    removeIt: string
    remove(name: string): string
    clear: string
    retry: string
    scoreHere: string
    cannotShow: string
    /** In a row of the list, where no finding is above its threshold. */
    outcomes: Record<Exclude<Outcome, 'above-threshold'>, string>
    flagged: string
    filter: string
    filters: Record<Filter, string>
    order: string
    orders: Record<Order, string>
    find: string
    shown(shown: number, all: number): string
    csv: string
    printAll: string
    preparing(done: number, all: number): string
    kept: string
    notKept: string
    synthetic: string
  }
  readonly viewer: Record<
    | 'label'
    | 'zoomIn'
    | 'zoomOut'
    | 'fit'
    | 'pan'
    | 'contrast'
    | 'tools'
    | 'level'
    | 'width'
    | 'reset'
    | 'loading'
    | 'fullRange'
    | 'keys',
    string
  > & { heatOf(label: string): string; noHeat: string }
  readonly result: {
    heading: string
    scores: string
    decision: string
    above(threshold: string): string
    below(threshold: string): string
    noThreshold: string
    measured(sensitivity: string, specificity: string): string
    /** @param specificity undefined where the source has no image without the class */
    measuredUnseen(source: string, sensitivity: string, specificity: string | undefined): string
    predicted(prevalence: string, ppv: string, npv: string): string
    points: Record<'screening' | 'balanced' | 'custom', string>
    showHeat: string
    showZones: string
    opacity: string
    heatLow: string
    heatHigh: string
    heatPeak(percent: string): string
    noEvidence: string
    scale: string
    warnings: string
    details: string
    model: string
    servedBy: string
    servers: Record<'gpu' | 'edge' | 'device', string>
    /** How this device ran the model. */
    onGpu: string
    threads(count: number): string
    precisions: Record<'fp32' | 'int8', string>
    file: string
    patient: string
    study: string
    accession: string
    date: string
    map: string
    image: string
    time: string
    requestId: string
    hint: string
  }
  readonly account: Record<
    | 'open'
    | 'heading'
    | 'name'
    | 'plan'
    | 'postpaid'
    | 'fallback'
    | 'fallbackDefault'
    | 'fallbackEdge'
    | 'fallbackFail'
    | 'selective'
    | 'selectiveAll'
    | 'selectiveSure'
    | 'nothing'
    | 'usage'
    | 'noUsage'
    | 'day'
    | 'answered'
    | 'notAnswered'
    | 'billed'
    | 'keys'
    | 'keyName'
    | 'mode'
    | 'live'
    | 'test'
    | 'make'
    | 'fresh'
    | 'revoke'
    | 'revoked'
    | 'copy'
    | 'copied'
    | 'inUse'
    | 'testOnly',
    string
  > & {
    prepaid(credits: number): string
    quota(perMonth: number): string
    revokeOf(name: string): string
    revokeSure(name: string): string
    revokeOwn(name: string): string
    made(day: string): string
  }
  readonly batches: BatchWords
  readonly comparison: ComparisonDialogWords
  readonly exports: Record<
    'heading' | 'print' | 'png' | 'fhir' | 'sr' | 'sc' | 'pdf' | 'json' | 'working' | 'patient',
    string
  >
  readonly warnings: Readonly<Record<string, string>>
  /** Why an image was refused: the code that opens the detail of 'image-unsuitable'. */
  readonly refusals: Readonly<Record<string, string>>
  readonly problems: Advice
}
