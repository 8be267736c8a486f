import type { EpochRecord } from './history.ts'

/** How far a stage is, after each batch. */
export type StageProgress = {
  epoch: number
  epochs: number
  batch: number
  batches: number
  loss: number
  accuracy: number
  imagesPerSecond: number
  secondsLeft: number
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
const clock = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`

/** A bar that redraws itself on a terminal; a line each half minute elsewhere. */
export function progressPrinter(stage: string, out: NodeJS.WriteStream = process.stderr) {
  const everyMs = out.isTTY ? 100 : 30_000
  let last = 0
  return {
    onBatch(p: StageProgress): void {
      const now = performance.now()
      if (now - last < everyMs) return
      last = now
      const share = p.batch / p.batches
      const bar = `${'█'.repeat(Math.round(20 * share)).padEnd(20, '░')}`
      const text = `${stage} ${p.epoch}/${p.epochs} ${bar} loss ${p.loss.toFixed(4)} accuracy ${percent(p.accuracy)} ${p.imagesPerSecond.toFixed(1)} images/s, ${clock(p.secondsLeft)} left`
      out.write(out.isTTY ? `\r\x1b[K${text}` : `${text}\n`)
    },
    onEpoch(r: EpochRecord, best: boolean): void {
      const text = `${stage} epoch ${r.epoch}: loss ${r.loss.toFixed(4)}, accuracy ${percent(r.accuracy)}; validation loss ${r.validationLoss.toFixed(4)}, accuracy ${percent(r.validationAccuracy)}, balanced ${percent(r.balancedAccuracy)}${best ? ' (best)' : ''}; ${r.imagesPerSecond.toFixed(1)} images/s, input ${percent(r.inputShare)} of the time`
      out.write(out.isTTY ? `\r\x1b[K${text}\n` : `${text}\n`)
    },
    onImages(done: number, total: number): void {
      if (done % 250 !== 0 && done !== total) return
      out.write(
        out.isTTY
          ? `\r\x1b[Kdecoded ${done}/${total}${done === total ? '\n' : ''}`
          : `decoded ${done}/${total}\n`,
      )
    },
  }
}

/** Megabytes of one file, at most once a second. */
export function bytesPrinter(name: string, out: NodeJS.WriteStream = process.stderr) {
  let last = 0
  return (done: number, total: number | undefined): void => {
    if (performance.now() - last < 1000) return
    last = performance.now()
    const text = `${name} ${(done / 1e6).toFixed(1)}${total ? ` of ${(total / 1e6).toFixed(1)}` : ''} MB`
    out.write(out.isTTY ? `\r\x1b[K${text}` : `${text}\n`)
  }
}
