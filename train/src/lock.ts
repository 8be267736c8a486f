import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'

/** Who works in a run's folder: the content of OUT/lock. */
type Holder = { pid: number; host: string; since: string }

const NAME = 'lock'
const held = new Set<string>()

/**
 * Keeps every other process out of a run's folder until this one ends: two that train in one folder would write over
 * each other's checkpoints. A process that was killed leaves its lock behind; the next one on the same machine sees that
 * its holder is gone and takes it.
 * @param dir created if need be
 * @throws where another process holds it, saying which and what to do
 */
export function lockFolder(dir: string): void {
  mkdirSync(dir, { recursive: true })
  const path = join(dir, NAME)
  if (held.has(path)) return
  const own = `${path}.${process.pid}`
  const holder: Holder = { pid: process.pid, host: hostname(), since: new Date().toISOString() }
  writeFileSync(own, JSON.stringify(holder))
  try {
    while (!placed(own, path)) makeRoom(path, own)
  } finally {
    rmSync(own, { force: true })
  }
  held.add(path)
  process.once('exit', () => rmSync(path, { force: true }))
}

/** A hard link is made whole or not at all, and only where there is none. */
function placed(own: string, path: string): boolean {
  try {
    linkSync(own, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Takes the lock of a dead process away. @throws where its holder lives, or may live on another machine */
function makeRoom(path: string, own: string): void {
  const text = readIfThere(path)
  if (text === undefined) return
  const holder = parsed(text)
  if (holder && (holder.host !== hostname() || isAlive(holder.pid))) {
    throw new Error(
      `${path.slice(0, -NAME.length - 1)} is in use by process ${holder.pid} on ${holder.host}, since ${holder.since}: wait for it or end it. If no such process trains, delete ${path}`,
    )
  }
  const aside = `${own}.stale`
  try {
    renameSync(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  // Another process may have taken the dead one's place in between: what was moved aside is then a living lock.
  if (readFileSync(aside, 'utf8') !== text) placed(aside, path)
  rmSync(aside, { force: true })
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Undefined for what is no lock of ours: a file cut short by a full disk keeps nobody out. */
function parsed(text: string): Holder | undefined {
  try {
    const value = JSON.parse(text) as Partial<Holder>
    return typeof value.pid === 'number' && typeof value.host === 'string' ? (value as Holder) : undefined
  } catch {
    return undefined
  }
}

/** Signal 0 asks without sending; EPERM says that the process is there and another user's. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
