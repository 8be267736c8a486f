import { accessSync, closeSync, constants, fstatSync, mkdirSync, openSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { type Logger, pino } from 'pino'

export type DailyFileDeps = {
  /** Folder of the files. */
  readonly dir: string
  readonly log: Logger
  /** Told of each line once it is on the disk, and of each that will never be. */
  readonly count: (outcome: 'written' | 'lost', lines?: number) => void
}

/** Bytes of lines that wait for a slow or full disk: beyond them lines are lost, never a screening. */
const MAX_WAITING_BYTES = 2 ** 20
/** How long a file that somebody moved or deleted may go on being written to. */
const LOOK_MS = 1000
/** How long the end waits for a disk that takes nothing. */
const CLOSE_MS = 3000
const NEWLINE = 10

/** Lines, in a file for each day (UTC), readable by its owner only. Who writes never waits for the disk. */
export class DailyFile {
  readonly #deps: DailyFileDeps
  readonly #file: ReturnType<typeof pino.destination>
  #day: string
  #lookedAt = performance.now()
  #failing = false
  /** Lengths of the lines that wait, in bytes, and how much of the first is on the disk. */
  readonly #waiting: number[] = []
  #ofFirst = 0

  /** @throws Error where the folder cannot be written to: a log that was asked for and is not there must be known at the start */
  constructor(deps: DailyFileDeps) {
    this.#deps = deps
    this.#day = dayOf(new Date())
    let begin: string
    try {
      mkdirSync(deps.dir, { recursive: true })
      accessSync(deps.dir, constants.W_OK)
      begin = endsTorn(this.#path()) ? '\n' : ''
    } catch (cause) {
      throw new Error(`the prediction log cannot be written to ${deps.dir}: ${(cause as Error).message}`, {
        cause,
      })
    }
    this.#file = pino.destination({
      dest: this.#path(),
      sync: false,
      mode: 0o600,
      maxLength: MAX_WAITING_BYTES,
      periodicFlush: 500,
      minLength: 4096,
      mkdir: true,
    })
    this.#file.on('write', (bytes) => this.#taken(bytes))
    this.#file.on('error', (err) => this.#failed(err))
    this.#file.on('drop', () => this.#dropped())
    if (begin !== '') this.#add(begin)
  }

  write(line: string, at: Date): void {
    const day = dayOf(at)
    if (day !== this.#day || this.#isGone()) {
      this.#day = day
      this.#file.reopen(this.#path())
    }
    this.#add(line)
  }

  /** Writes what waits. What the disk does not take by then is lost. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#file.once('close', resolve))
    this.#file.end()
    await Promise.race([closed, setTimeout(CLOSE_MS, undefined, { ref: false })])
    if (this.#waiting.length > 0) this.#deps.count('lost', this.#waiting.length)
  }

  #add(line: string): void {
    this.#waiting.push(Buffer.byteLength(line))
    this.#file.write(line)
  }

  /** Counts the lines that these bytes end. */
  #taken(bytes: number): void {
    this.#failing = false
    this.#ofFirst += bytes
    let lines = 0
    while (this.#waiting.length > 0 && this.#ofFirst >= this.#waiting[0]!) {
      const length = this.#waiting.shift()!
      this.#ofFirst -= length
      if (length > 1) lines++ // else the end of a line that a start before this one left torn
    }
    if (lines > 0) this.#deps.count('written', lines)
  }

  /** The file keeps what it could not write, and tries again. */
  #failed(err: Error): void {
    if (!this.#failing) this.#deps.log.error({ err }, 'the prediction log cannot be written now; lines wait')
    this.#failing = true
  }

  /** It keeps no more: the line that it was given last is not taken. */
  #dropped(): void {
    this.#waiting.pop()
    this.#deps.count('lost')
  }

  /** Whether the file was moved or deleted, looked at once in a while: what is written to it then, nobody finds. */
  #isGone(): boolean {
    const now = performance.now() // the system’s clock may be set back
    if (now - this.#lookedAt < LOOK_MS) return false
    this.#lookedAt = now
    try {
      const there = statSync(this.#path(), { throwIfNoEntry: false })
      if (!there) mkdirSync(this.#deps.dir, { recursive: true })
      const { fd } = this.#file as unknown as { fd: number } // its types leave it out
      return fd >= 0 && there?.ino !== fstatSync(fd).ino
    } catch {
      return false // the disk is in no state to be asked: what is written to it fails, and is said
    }
  }

  #path(): string {
    return join(this.#deps.dir, `predictions-${this.#day}.ndjson`)
  }
}

/** Whether a file ends amid a line, as a full disk and a kill leave it: the next line would be joined to that half. */
function endsTorn(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats && !stats.isFile()) throw new Error(`${path} is no file`)
  if (!stats || stats.size === 0) return false
  const file = openSync(path, 'r')
  try {
    const last = Buffer.alloc(1)
    readSync(file, last, 0, 1, stats.size - 1)
    return last[0] !== NEWLINE
  } finally {
    closeSync(file)
  }
}

const dayOf = (at: Date): string => at.toISOString().slice(0, 10)
