import { Presets, SingleBar } from 'cli-progress'

export type Progress = {
  readonly step: (failed: number) => void
  /** Takes the bar away while a line is printed on the same terminal. */
  readonly aside: () => void
  readonly stop: () => void
}

const NONE: Progress = { step: () => undefined, aside: () => undefined, stop: () => undefined }

/** A bar on standard error, if that is a terminal. */
export function startProgress(total: number): Progress {
  const { stderr } = process
  if (!stderr.isTTY || total < 2) return NONE
  const bar = new SingleBar(
    {
      stream: stderr,
      format: '{bar} {value}/{total} images, {failed} failed, {eta_formatted} left',
      clearOnComplete: true,
      hideCursor: true,
      fps: 5,
    },
    Presets.shades_classic,
  )
  bar.start(total, 0, { failed: 0 })
  return {
    step: (failed) => bar.increment(1, { failed }),
    aside: () => {
      if (process.stdout.isTTY) stderr.write('\r\x1b[K')
    },
    stop: () => bar.stop(),
  }
}
