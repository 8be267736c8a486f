/** What can be said of deploy/kubernetes without a cluster or a container engine. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { validate } from 'dockerfile-utils'
import { Job } from 'kubernetes-models/batch/v1/Job'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { chestPng } from '../support/images.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const read = (file: string) => readFileSync(join(ROOT, 'deploy/kubernetes', file), 'utf8')
const dir = mkdtempSync(join(tmpdir(), 'detl-kubernetes-'))
afterAll(() => rmSync(dir, { recursive: true }))

const job = parse(read('batch-job.yaml'))

describe('the batch job', () => {
  it('is a Job by the schema of Kubernetes', () => {
    expect(() => new Job(job).validate()).not.toThrow()
    expect(() => new Job({ ...job, spec: { ...job.spec, completions: 'many' } }).validate()).toThrow(
      /completions/,
    )
  })

  it('has as many completions as shards, and arguments that detl takes', async () => {
    const [container] = job.spec.template.spec.containers
    writeFileSync(join(dir, 'list.txt'), 'small.png\n')
    writeFileSync(join(dir, 'small.png'), await chestPng(1, 300))
    const { completions } = job.spec
    const places: Readonly<Record<string, string>> = { '/archive': dir, '/results': join(dir, 'results') }
    const argsOf = (index: number) =>
      (container.args as string[])
        .filter((arg) => !arg.startsWith('--gpu='))
        .map((arg) =>
          arg
            .replace('$(JOB_COMPLETION_INDEX)', String(index))
            .replace(/^(--[a-z-]+=)(\/archive|\/results)/, (_, option, place) => option + places[place]),
        )
    const detl = (args: string[]) =>
      spawnSync(process.execPath, [join(ROOT, 'cli/bin/detl.mjs'), ...args], { cwd: dir, encoding: 'utf8' })
    const last = detl(argsOf(completions - 1))
    expect([last.status, last.stderr]).toEqual([0, expect.stringContaining('images:')])
    expect(readdirSync(join(dir, 'results'))).toEqual([`shard-00${completions - 1}-of-00${completions}`])
    expect(detl(argsOf(completions)).status).toBe(2)
    expect(container.args).toContainEqual(expect.stringMatching(/^--gpu=http/))
  })

  it('mounts what its arguments name', () => {
    const { containers, volumes } = job.spec.template.spec
    const mounted = containers[0].volumeMounts.map(({ name }: { name: string }) => name)
    expect(mounted.sort()).toEqual(volumes.map(({ name }: { name: string }) => name).sort())
  })
})

describe('the Dockerfile of detl', () => {
  it('has no finding of the linter, and runs as nobody in particular', () => {
    expect(validate(read('Dockerfile')).map(({ message }) => message)).toEqual([])
    expect(read('Dockerfile')).toMatch(/^USER \d{5}:\d{5}$/m)
  })
})
