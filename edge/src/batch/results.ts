import { SEVERITY_COLUMNS, severityCells } from '@detl/core/answers/severity-columns'
import type { BatchFailure, BatchItem } from '@detl/core/api/batch'
import { problemDetails } from '@detl/core/api/problem-schema'
import type { Screening } from '@detl/core/api/screening'
import { csvText } from '../csv.ts'
import type { Sealer } from '../seal.ts'
import type { RemoteBook } from './batches.ts'
import type { Head } from './book-types.ts'
import { manifestName } from './names.ts'
import type { PartStore } from './part-store.ts'
import { shownSource } from './source-rules.ts'

export type ResultDeps = { readonly parts: PartStore; readonly sealer: Sealer }

const PAGE = 100

/** A line of results, as it is kept. */
type ResultLine = { item: number; id?: string; source: string; screening: Screening }

/** All results as NDJSON, then the items that failed: part by part, however many there are. */
export async function* ndjson(deps: ResultDeps, head: Head, book: RemoteBook): AsyncGenerator<string> {
  for await (const { key } of allParts(book)) yield deps.parts.get(key, 'json')
  for await (const failures of allFailures(deps, head, book))
    yield failures.map((failure) => `${JSON.stringify(failure)}\n`).join('')
}

/** FHIR reports, one a line. */
export async function* fhirNdjson({ parts }: ResultDeps, book: RemoteBook): AsyncGenerator<string> {
  for await (const { key } of allParts(book)) yield parts.get(key, 'fhir')
}

/** RFC 4180, in the columns of `detl screen --csv`; a cell that a spreadsheet would take for a formula has an apostrophe before it. */
export async function* csv(
  deps: ResultDeps,
  head: Head,
  book: RemoteBook,
  labels: readonly string[],
): AsyncGenerator<string> {
  yield csvText([csvHeader(labels)])
  for await (const { key } of allParts(book)) {
    const lines = (await deps.parts.get(key, 'json')).trimEnd().split('\n')
    yield csvText(lines.map((line) => csvRow(JSON.parse(line) as ResultLine, labels)))
  }
  for await (const failures of allFailures(deps, head, book))
    yield csvText(
      failures.map(({ item, id, source, problem }) => [
        item,
        id,
        source,
        ...Array.from({ length: csvHeader(labels).indexOf('error') - 3 }, () => ''),
        problem.type.slice('/problems/'.length),
        problem.detail,
        ...['', '', ''],
      ]),
    )
}

const csvHeader = (labels: readonly string[]) => [
  ...['item', 'id', 'source', 'decision', 'above_threshold', 'headline', 'label'],
  ...labels.map((label) => `score_${label}`),
  ...labels.map((label) => `above_threshold_${label}`),
  ...SEVERITY_COLUMNS,
  ...['warnings', 'error', 'detail', 'model', 'scored_by', 'screening'],
]

function csvRow({ item, id, source, screening }: ResultLine, labels: readonly string[]): unknown[] {
  const { decision, label, probabilities, quality, model, servedBy, severity } = screening
  const held = (name: string) => decision.classes.find((one) => one.class === name)
  return [
    ...[item, id, source, decision.outcome, decision.above.join(' '), decision.headline, label],
    ...labels.map((name) => probabilities[name]),
    ...labels.map((name) => String(held(name)?.positive ?? '')),
    ...severityCells(severity),
    quality.warnings.map(({ code }) => code).join(' '),
    ...['', '', `${model.name} ${model.version}`, servedBy, screening.id],
  ]
}

/**
 * Reports of one part as a Bundle of FHIR, with the address of the next: each is small enough for a server to take.
 * @param after `after` of the address of this Bundle
 */
export async function fhirBundle({ parts }: ResultDeps, book: RemoteBook, address: string, after: number) {
  const [part, more] = await book.parts(after, 2)
  const lines = part ? (await parts.get(part.key, 'fhir')).trimEnd().split('\n') : []
  const link = [{ relation: 'self', url: `${address}?after=${after}` }]
  if (part && more) link.push({ relation: 'next', url: `${address}?after=${part.n}` })
  return {
    resourceType: 'Bundle' as const,
    type: 'collection' as const,
    link,
    entry: lines.map((line) => {
      const resource = JSON.parse(line) as { id: string }
      return { fullUrl: `urn:uuid:${resource.id}`, resource }
    }),
  }
}

async function* allParts(book: RemoteBook) {
  for (let after = 0; ; ) {
    const page = await book.parts(after, PAGE)
    yield* page
    const last = page.at(-1)
    if (!last || page.length < PAGE) return
    after = last.n
  }
}

async function* allFailures(deps: ResultDeps, head: Head, book: RemoteBook): AsyncGenerator<BatchFailure[]> {
  for (let after = 0; ; ) {
    const page = await failuresAfter(deps, head, book, after, PAGE)
    if (page.length > 0) yield page
    const last = page.at(-1)
    if (!last || page.length < PAGE) return
    after = last.item
  }
}

/** Items without a result, with what their manifest says of them. */
export async function failuresAfter(
  { sealer }: ResultDeps,
  { account, id: batch }: Head,
  book: RemoteBook,
  after: number,
  limit: number,
): Promise<BatchFailure[]> {
  const chunks = new Map<number, { first: number; items: BatchItem[] }>()
  const failures: BatchFailure[] = []
  for (const { item, chunk, attempts, code, detail } of await book.failures(after, limit)) {
    let of = chunks.get(chunk)
    if (!of) {
      const { first, sealed } = (await book.manifestOf(chunk))!
      const text = await sealer.openBytes(manifestName(account, batch, chunk), sealed)
      of = { first, items: JSON.parse(new TextDecoder().decode(text)) as BatchItem[] }
      chunks.set(chunk, of)
    }
    const named = of.items[item - of.first]!
    failures.push({
      item,
      ...(named.id !== undefined && { id: named.id }),
      source: shownSource(named),
      attempts,
      problem: problemDetails(code, detail),
    })
  }
  return failures
}

/** A stream of what a generator gives, as fast as it is read. */
export function streamOf(pieces: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await pieces.next()
      if (done) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
    async cancel() {
      await pieces.return(undefined)
    },
  })
}
