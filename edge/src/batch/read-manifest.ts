import {
  type BatchItem,
  batchItemSchema,
  MAX_BATCH_ITEMS,
  MAX_MANIFEST_LINE_BYTES,
} from '@detl/core/api/batch'
import { AppError } from '@detl/core/api/problem'
import { csvCells } from '../csv.ts'
import { piecesOf } from '../drain.ts'

export type ManifestType = 'ndjson' | 'csv'

/** Media types of a manifest. */
const TYPES: Readonly<Record<string, ManifestType>> = {
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
  'text/csv': 'csv',
}

/** @throws AppError request-invalid */
export function manifestType(header: string | undefined): ManifestType {
  const type = TYPES[header?.split(';')[0]?.trim().toLowerCase() ?? '']
  if (!type)
    throw new AppError(
      'request-invalid',
      'a manifest is application/x-ndjson or text/csv: say so in Content-Type',
    )
  return type
}

const COLUMNS: readonly string[] = ['url', 'r2', 'dicomweb', 'id']

/**
 * The items of a manifest, as its lines come: it is never in memory as a whole. An empty line is none.
 * @param check throws where an item may not be fetched
 * @throws AppError request-invalid, which names the line; body-too-large
 */
export async function* readManifest(
  body: ReadableStream<Uint8Array>,
  type: ManifestType,
  check: (item: BatchItem) => void,
): AsyncGenerator<BatchItem> {
  const seen = new Set<number>()
  let columns: string[] | undefined
  let items = 0
  let line = 0
  for await (const text of linesOf(body)) {
    line++
    if (text.trim() === '') continue
    const wrong = (why: string) => new AppError('request-invalid', `line ${line}: ${why}`)
    if (type === 'csv' && !columns) {
      columns = headerOf(text, wrong)
      continue
    }
    const parsed = batchItemSchema.safeParse(columns ? fromCsv(text, columns, wrong) : fromJson(text, wrong))
    if (!parsed.success) throw wrong(parsed.error.issues[0]?.message ?? 'it is no item')
    const item = parsed.data
    try {
      check(item)
    } catch (error) {
      throw error instanceof AppError ? wrong(error.detail) : error
    }
    const hash = hashOf('r2' in item ? `r2 ${item.r2}` : asFetched('url' in item ? item.url : item.dicomweb))
    if (seen.has(hash)) throw wrong('this image is named before; each item is charged, so name it once')
    seen.add(hash)
    if (++items > MAX_BATCH_ITEMS)
      throw new AppError('body-too-large', `a batch has at most ${MAX_BATCH_ITEMS} items; make several`)
    yield item
  }
  if (items === 0) throw new AppError('request-invalid', 'the manifest names no image')
}

/** However an address is written: the host in capitals, a port that goes without saying, a fragment, which no server sees. */
function asFetched(address: string): string {
  const url = new URL(address)
  url.hash = ''
  return url.href
}

function fromJson(text: string, wrong: (why: string) => AppError): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw wrong('it is no JSON')
  }
}

type Wrong = (why: string) => AppError

function cells(text: string, wrong: Wrong): string[] {
  const row = csvCells(text)
  if (!row) throw wrong('it is no row of CSV: a quote is missing, or a row is more than one line')
  return row
}

function headerOf(text: string, wrong: Wrong): string[] {
  const columns = cells(text, wrong).map((name) => name.trim().toLowerCase())
  const unknown = columns.find((name) => !COLUMNS.includes(name))
  if (unknown !== undefined)
    throw wrong(`the header has the column "${unknown.slice(0, 40)}"; columns are ${COLUMNS.join(', ')}`)
  return columns
}

/** An item of the cells that are not empty. */
function fromCsv(text: string, columns: readonly string[], wrong: Wrong): unknown {
  const row = cells(text, wrong)
  if (row.length > columns.length) throw wrong('it has more cells than the header')
  return Object.fromEntries(
    columns.map((name, i) => [name, row[i] ?? '']).filter(([, value]) => value !== ''),
  )
}

/** Lines, without their ends. @throws AppError request-invalid where one is too long, or is no UTF-8 */
async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
  let rest = ''
  const text = (bytes?: Uint8Array): string => {
    try {
      return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode()
    } catch (cause) {
      throw new AppError('request-invalid', 'the manifest is not UTF-8', { cause })
    }
  }
  for await (const bytes of piecesOf(body)) {
    const lines = (rest + text(bytes)).split('\n')
    rest = lines.pop()!
    for (const line of [...lines, ...(rest.length > MAX_MANIFEST_LINE_BYTES ? [rest] : [])]) {
      if (line.length > MAX_MANIFEST_LINE_BYTES)
        throw new AppError(
          'request-invalid',
          `a line of a manifest has at most ${MAX_MANIFEST_LINE_BYTES} bytes`,
        )
      yield line.replace(/\r$/, '')
    }
  }
  rest += text()
  if (rest !== '') yield rest
}

/** 53 bits of a text, by two runs of FNV-1a: of 100,000 texts, two that differ share them once in two million manifests. */
function hashOf(text: string): number {
  let [low, high] = [0x811c9dc5, 0xc9dc5118]
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    low = Math.imul(low ^ code, 0x01000193)
    high = Math.imul(high ^ (code + i), 0x01000193)
  }
  return (high >>> 11) * 2 ** 32 + (low >>> 0)
}
