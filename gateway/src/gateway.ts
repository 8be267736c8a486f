import { setMaxListeners } from 'node:events'
import { readFileSync } from 'node:fs'
import { AppError } from '@detl/core/api/problem'
import { type Logger, pino } from 'pino'
import type { GatewayConfig } from './config.ts'
import { Commitments } from './deliver/commitments.ts'
import { deliver, sender } from './deliver/deliver.ts'
import { httpClient } from './http/client.ts'
import { startHttp } from './http/server.ts'
import { ImagePool } from './images/image-pool.ts'
import { lockFolder } from './queue/lock-folder.ts'
import { Queue } from './queue/queue.ts'
import { Spool } from './queue/spool.ts'
import { Worker } from './queue/worker.ts'
import { screenItem } from './screen/screen-item.ts'
import { Service } from './screen/service.ts'
import { archiveOf } from './sources/archive.ts'
import { startScp } from './sources/dimse-scp.ts'
import { every } from './sources/every.ts'
import { folderWatch } from './sources/folder.ts'
import { archivePoll } from './sources/poll.ts'
import { receiver } from './sources/receive.ts'

/** More than cores: service and archives take their time. Of deliveries so many to each destination: one that hangs holds up nobody else. */
const SCREENINGS_AT_ONCE = 4
const DELIVERIES_AT_ONCE = 4
const DAY_MS = 86_400_000

/** What is under way when a gateway ends has so long to end well; the rest is due at the next start. */
const GRACE_MS = 3000

type Part = { readonly stop: () => Promise<void> }

/**
 * Starts a gateway: images come in, are screened by their tensors alone, and reports go out. It ends with `stop`, within seconds:
 * what is under way is finished or, where another side does not answer, broken off and due at the next start.
 * @throws AppError conflict while another gateway works on the same folder, request-invalid where there is no key
 * @example const gateway = await startGateway(readConfig('gateway.json'))
 */
export async function startGateway(config: GatewayConfig) {
  const log: Logger = pino({ base: null }, pino.destination(2))
  const lock = lockFolder(config.data, `another gateway works on ${config.data}`)
  const sources: Part[] = []
  const behind: Part[] = []
  const stop = () => stopAll(sources, behind, lock)
  try {
    const queue = new Queue(config.data, config.retry)
    behind.push({ stop: async () => queue.close() })
    const spool = new Spool(config.data)
    await spool.sweep(queue.needed())
    const commitments = new Commitments()
    const workers = startWorkers({ config, queue, spool, commitments }, (error) =>
      log.error({ error: String(error) }, 'a bug'),
    )
    behind.push(workers)
    const { wake } = workers
    const receive = receiver({ queue, spool, limits: config.limits, wake })
    const addresses = await startSources(config, { queue, receive, log, parts: sources, commitments })
    wake()
    return { ...addresses, queue, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Every way in at once: none waits for another. Then what is behind them, the last that was started first. */
async function stopAll(
  sources: readonly Part[],
  behind: readonly Part[],
  lock: { release: () => void },
): Promise<void> {
  await Promise.all(sources.map((one) => one.stop()))
  for (const part of behind.toReversed()) await part.stop()
  lock.release()
}

type WorkDeps = {
  readonly config: GatewayConfig
  readonly queue: Queue
  readonly spool: Spool
  readonly commitments: Commitments
}

function startWorkers({ config, queue, spool, commitments }: WorkDeps, onError: (error: unknown) => void) {
  const { service: to, dimse, language } = config
  const stopping = new AbortController()
  const ending = stopping.signal
  setMaxListeners(0, ending) // each delivery under way listens
  const service = new Service({ url: to.url, key: keyOf(to), http: httpClient(to.tls, ending) })
  const aet = dimse?.aet ?? 'DETL'
  const images = new ImagePool(ending)
  const senders = new Map(
    Object.entries(config.destinations).map(([name, one]) => [
      name,
      sender(one, { aet, images, commitments, ending }),
    ]),
  )
  const destinations = [...senders.keys()]
  const deliveriesOf = (whose: { to?: string; notTo?: readonly string[] }) =>
    new Worker({
      due: (limit) => queue.dueDeliveries(limit, whose),
      work: (delivery) => deliver({ queue, spool, senders, language, ending }, delivery),
      atOnce: DELIVERIES_AT_ONCE,
      onError,
    })
  const deliveries = [
    ...destinations.map((to) => deliveriesOf({ to })),
    deliveriesOf({ notTo: destinations }), // those that the configuration no longer has
  ]
  const wakeDeliveries = () => {
    for (const one of deliveries) one.wake()
  }
  const screenings = new Worker({
    due: queue.dueItems,
    work: async (item) => {
      await screenItem({ queue, spool, images, service, destinations, ending }, item)
      wakeDeliveries()
    },
    atOnce: SCREENINGS_AT_ONCE,
    onError,
  })
  return {
    wake: () => {
      screenings.wake()
      wakeDeliveries()
    },
    stop: async () => {
      const late = setTimeout(() => stopping.abort(), GRACE_MS)
      await Promise.all([screenings, ...deliveries].map((one) => one.stop()))
      clearTimeout(late)
      await images.stop()
    },
  }
}

type SourceDeps = {
  readonly queue: Queue
  readonly receive: ReturnType<typeof receiver>
  readonly log: Logger
  readonly parts: Part[]
  readonly commitments: Commitments
}

/** Every way in that the configuration names. @returns where they listen */
async function startSources(config: GatewayConfig, { queue, receive, log, parts, commitments }: SourceDeps) {
  const { maxBytes } = config.limits
  const failed = (what: string) => (error: unknown) => log.warn({ error: String(error) }, `${what} failed`)
  const count = (name: string) => queue.count(name)
  let dimsePort: number | undefined
  let httpPort: number | undefined
  if (config.dimse) {
    const committing = Object.values(config.destinations).flatMap((one) =>
      one.kind === 'dimse' && one.commitment ? [one.aet] : [],
    )
    const reports = { from: new Set(committing), heard: commitments.heard.bind(commitments) }
    const scp = await startScp({ config: config.dimse, maxBytes, receive, reports, count, log })
    dimsePort = scp.port
    parts.push(scp)
  }
  if (config.http) {
    const http = await startHttp({ config: config.http, maxBytes, queue, receive })
    httpPort = http.port
    parts.push(http)
  }
  for (const { path, everyS } of config.folders)
    parts.push(
      every(everyS * 1000, folderWatch({ path, maxBytes, receive, log }), failed('a watched folder')),
    )
  for (const one of config.poll) {
    const archive = archiveOf(one, httpClient(one.tls), maxBytes)
    const round = archivePoll({ archive, days: one.days, receive, queue, log })
    parts.push(every(one.everyS * 1000, round, failed('an archive')))
  }
  const forget = async () => queue.forget(Date.now() - config.keepDays * DAY_MS)
  parts.push(every(DAY_MS, forget, failed('forgetting')))
  return { dimsePort, httpPort }
}

function keyOf({ keyFile }: GatewayConfig['service']): string {
  const key = keyFile === undefined ? process.env.DETL_KEY : readFileSync(keyFile, 'utf8').trim()
  if (!key) throw new AppError('request-invalid', 'there is no API key: set service.keyFile or DETL_KEY')
  return key
}
