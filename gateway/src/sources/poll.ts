import { isUid } from '@detl/core/image/dicom/uid-format'
import { readRelated } from '@detl/core/wire/multipart-related'
import type { Logger } from 'pino'
import type { GatewayConfig } from '../config.ts'
import { type Http, jsonOf } from '../http/client.ts'
import { FaultError } from '../queue/fault.ts'
import type { Receive } from './receive.ts'

type PollDeps = {
  readonly config: GatewayConfig['poll'][number]
  readonly http: Http
  /** Bytes of an image at most. */
  readonly maxBytes: number
  readonly receive: Receive
  /** Whether an instance needs no second look. */
  readonly known: (sopInstance: string) => boolean
  readonly count: (name: string) => void
  readonly log: Logger
  readonly now?: () => number
}

/** DICOM JSON (PS3.18, annex F): what of it is read here. */
type Row = Readonly<Record<string, { readonly Value?: readonly unknown[] } | undefined>> | null
const STUDY = '0020000D'
const SERIES = '0020000E'
const INSTANCE = '00080018'
const MODALITIES = ['CR', 'DX']
/** Some hundred thousand rows. */
const MAX_SEARCH_BYTES = 2 ** 26
/** What stands around an object in multipart/related, at most. */
const MAX_AROUND_BYTES = 2 ** 16

/**
 * An archive that is asked for new images: QIDO-RS for the series of CR and DX in the studies of the last days, then for their instances, and
 * WADO-RS for those that are not known yet, in the transfer syntax that they are stored in.
 * @returns one round, which begins nothing further once its signal is aborted
 */
export function archivePoll({
  config,
  http,
  maxBytes,
  receive,
  known,
  count,
  log,
  now = Date.now,
}: PollDeps): (signal: AbortSignal) => Promise<void> {
  const base = config.url.replace(/\/$/, '')
  /** Instances that were left alone, unreadable or away: not fetched again while this process runs. */
  const passedOver = new Set<string>()

  const { host } = new URL(base)

  async function search(path: string, query: Record<string, string>, signal: AbortSignal): Promise<Row[]> {
    const response = await http(
      `${base}${path}?${new URLSearchParams(query)}`,
      { headers: { ...config.headers, accept: 'application/dicom+json' }, signal },
      MAX_SEARCH_BYTES,
    )
    if (response.status === 204) return []
    if (!response.ok)
      throw new FaultError({
        code: 'archive-refused',
        reason: `${host}, QIDO-RS ${path}: ${response.status}`,
      })
    const rows = await jsonOf(response, `${host}, QIDO-RS ${path}:`)
    if (!Array.isArray(rows))
      throw new FaultError({ code: 'answer-invalid', reason: `${host}, QIDO-RS ${path}: no list` })
    return rows
  }

  async function fetchInstance(series: string, instance: string, signal: AbortSignal): Promise<void> {
    const response = await http(
      `${base}${series}/instances/${instance}`,
      {
        signal,
        headers: {
          ...config.headers,
          accept: 'multipart/related; type="application/dicom"; transfer-syntax=*',
        },
      },
      maxBytes + MAX_AROUND_BYTES,
    )
    if (response.status === 404) {
      passedOver.add(instance)
      count('away')
      log.warn(
        { series },
        'the archive lists an image and answers 404 for it: Orthanc does so where it holds the study under two Patient IDs. Remove the wrong one',
      )
      return
    }
    if (!response.ok)
      throw new FaultError({ code: 'archive-refused', reason: `${host}, WADO-RS: ${response.status}` })
    const body = new Uint8Array(await response.arrayBuffer())
    for (const part of readRelated(response.headers.get('content-type') ?? '', body)) {
      const { outcome, reason } = await receive(new Uint8Array(part.body), 'poll')
      log.info({ outcome, reason }, 'WADO-RS')
      if (outcome === 'left-alone' || outcome === 'unreadable') passedOver.add(instance)
    }
  }

  async function searchSeries(series: string, signal: AbortSignal): Promise<void> {
    for (const row of await search(`${series}/instances`, {}, signal)) {
      if (signal.aborted) return
      const instance = uid(row, INSTANCE)
      if (instance && !known(instance) && !passedOver.has(instance))
        await fetchInstance(series, instance, signal)
    }
  }

  return async (signal) => {
    for (const modality of MODALITIES) {
      const query = {
        StudyDate: dates(now(), config.days),
        Modality: modality,
        includefield: 'StudyInstanceUID',
      }
      for (const row of await search('/series', query, signal)) {
        if (signal.aborted) return
        const study = uid(row, STUDY)
        const series = uid(row, SERIES)
        if (study && series) await searchSeries(`/studies/${study}/series/${series}`, signal)
      }
    }
  }
}

/** Only what is a UID may stand in an address. */
function uid(row: Row, tag: string): string | undefined {
  const value = String(row?.[tag]?.Value?.[0] ?? '')
  return isUid(value) ? value : undefined
}

/** A range of days as QIDO-RS takes it (PS3.18, section 8.3.4): a day earlier and later, for time zones. */
function dates(now: number, days: number): string {
  const day = (offset: number) =>
    new Date(now + offset * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '')
  return `${day(-days - 1)}-${day(1)}`
}
