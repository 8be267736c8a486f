/**
 * Damages files of every format and decodes them, far more often than a test can.
 *   node test/soak/damaged-images.ts [count = 100000] [seed] [file of test/golden/intake]
 * Ends with the number of files by answer, the slowest, and the memory; exits with 1 on anything but an image or a code,
 * on a file that takes more than a second, and on memory that keeps growing.
 */
import fc from 'fast-check'
import { applyDamage, corpus, damagedFile, verdict } from '../support/damage.ts'

const count = Number(process.argv[2] ?? 100_000)
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31)
const only = process.argv[4] === undefined ? -1 : corpus.findIndex(({ file }) => file === process.argv[4])
const MAX_MS = 1000
const MAX_RSS_MB = 1024

const answers: Record<string, number> = {}
const slowest = { ms: 0, file: '' }
let failures = 0
let done = 0
let peak = 0
const chunk = 1000
for (let part = 0; done < count; part++) {
  // A decoder that never returns cannot be timed from here: this line tells where to look for it.
  process.stderr.write(`\r${done} of ${count}, seed ${seed + part} `)
  for (const damaged of fc.sample(damagedFile, {
    numRuns: Math.min(chunk, count - done),
    seed: seed + part,
  })) {
    if (only >= 0) damaged.source = only
    const bytes = applyDamage(damaged)
    try {
      const { code, ms } = await verdict(bytes)
      answers[code] = (answers[code] ?? 0) + 1
      if (ms > slowest.ms)
        Object.assign(slowest, { ms, file: `${corpus[damaged.source]!.file} ${JSON.stringify(damaged)}` })
      if (ms > MAX_MS) failures++
    } catch (error) {
      failures++
      console.error('not a code:', corpus[damaged.source]!.file, JSON.stringify(damaged), error)
    }
    done++
  }
  peak = Math.max(peak, process.memoryUsage().rss / 2 ** 20)
}
console.log({ seed, files: done, answers, slowest, peakMb: Math.round(peak), failures })
process.exit(failures > 0 || peak > MAX_RSS_MB ? 1 : 0)
