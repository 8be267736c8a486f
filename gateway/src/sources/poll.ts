import { isUid } from '@detl/core/image/dicom/uid-format'
import type { Logger } from 'pino'
import { FaultError } from '../queue/fault.ts'
import type { Listed } from '../queue/fetches.ts'
import type { Queue } from '../queue/queue.ts'
import type { Archive, Row } from './archive.ts'
import type { Receive } from './receive.ts'

type PollDeps = {
  readonly archive: Archive
  /** Of the studies that are asked for: the last so many. */
  readonly days: number
  readonly receive: Receive
  /** Which images are here, and which the archive did not give. */
  readonly queue: Pick<Queue, 'find' | 'fetches' | 'count'>
  readonly log: Logger
  readonly now?: () => number
}

const STUDY = '0020000D'
const SERIES = '0020000E'
const INSTANCE = '00080018'
const MODALITIES = ['CR', 'DX']
/** Faults that the next image would meet too: the round ends with them. */
const OF_THE_ARCHIVE = new Set(['unreachable', 'redirected', 'archive-refused'])

/**
 * An archive that is asked for new images: QIDO-RS for the series of CR and DX in the studies of the last days, then for their instances, and
 * WADO-RS for those that are not known yet. What it does not give is asked for again later, and holds up none of its other images.
 * @returns one round, which begins nothing further once its signal is aborted
 */
export function archivePoll({
  archive,
  days,
  receive,
  queue,
  log,
  now = Date.now,
}: PollDeps): (signal: AbortSignal) => Promise<void> {
  /** Instances that were left alone or unreadable: not fetched again while this process runs. */
  const passedOver = new Set<string>()
  /** Series that failed when they were last asked about: the last of the next round, or one that never answers hides those behind it. */
  const failed = new Set<string>()

  async function fetchInstance(series: string, listed: Listed, signal: AbortSignal): Promise<void> {
    const { sop_instance } = listed
    const objects = await archive.retrieve(`${series}/instances/${sop_instance}`, signal)
    for (const object of objects) {
      const { outcome, reason } = await receive(object, 'poll', { sop_instance })
      log.info({ outcome, reason }, 'WADO-RS')
      if (outcome === 'mismatch') continue
      if (outcome === 'left-alone' || outcome === 'unreadable') passedOver.add(sop_instance)
      return queue.fetches.ended(listed)
    }
    throw objects.length > 0
      ? new FaultError({
          code: 'another-object',
          reason: `${archive.host}, WADO-RS: it gave another object than the one that it was asked for, which is not taken`,
        })
      : new FaultError({
          code: 'answer-invalid',
          reason: `${archive.host}, WADO-RS: no object in the answer`,
        })
  }

  async function tryInstance(series: string, listed: Listed, signal: AbortSignal): Promise<void> {
    try {
      await fetchInstance(series, listed, signal)
    } catch (error) {
      if (signal.aborted || !(error instanceof FaultError)) throw error
      const { code, reason } = error.fault
      const final = code === 'answer-too-long' // it does not become shorter
      const told = queue.fetches.failed(listed, { ...error.fault, final })
      if (told.first) queue.count(code)
      if (told.first || told.dead)
        log.warn(
          { code, reason, instance: listed.sop_instance, dead: told.dead },
          'an archive does not give an image',
        )
      if (OF_THE_ARCHIVE.has(code)) throw error
    }
  }

  async function searchSeries(study: string, path: string, signal: AbortSignal): Promise<void> {
    for (const row of await archive.search(`${path}/instances`, {}, signal)) {
      if (signal.aborted) return
      const instance = uid(row, INSTANCE)
      if (!instance || queue.find(instance) || passedOver.has(instance)) continue
      const listed = { archive: archive.base, sop_instance: instance, study }
      if (queue.fetches.isDue(listed)) await tryInstance(path, listed, signal)
    }
  }

  return async (signal) => {
    const listed = await listSeries(archive, dates(now(), days), signal)
    const failure: unknown[] = []
    for (const path of [...listed.keys()].sort((a, b) => Number(failed.has(a)) - Number(failed.has(b)))) {
      if (signal.aborted) return
      failed.delete(path)
      try {
        await searchSeries(listed.get(path)!, path, signal)
      } catch (error) {
        failed.add(path)
        if (!(error instanceof FaultError) || OF_THE_ARCHIVE.has(error.fault.code)) throw error
        failure.push(error)
      }
    }
    for (const path of failed) if (!listed.has(path)) failed.delete(path)
    if (failure.length > 0) throw failure[0]
  }
}

/** The series of both modalities: path and study. */
async function listSeries({ search }: Archive, StudyDate: string, signal: AbortSignal) {
  const found = new Map<string, string>()
  for (const Modality of MODALITIES) {
    const query = { StudyDate, Modality, includefield: 'StudyInstanceUID' }
    for (const row of await search('/series', query, signal)) {
      const study = uid(row, STUDY)
      const series = uid(row, SERIES)
      if (study && series) found.set(`/studies/${study}/series/${series}`, study)
    }
  }
  return found
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
