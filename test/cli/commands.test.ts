import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const DETL = fileURLToPath(new URL('../../cli/bin/detl.mjs', import.meta.url))

const detl = (...args: string[]) =>
  new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [DETL, ...args], (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    )
  })

describe('detl, called wrongly', { timeout: 120_000 }, () => {
  it('ends with 2 and a line that says what is accepted', async () => {
    const calls: readonly (readonly [args: string[], said: RegExp])[] = [
      [['scren'], /unknown command 'scren'\n\(Did you mean screen\?\)/],
      [['trian'], /unknown command 'trian'\n\(Did you mean train\?\)/],
      [['phantom', 'x.png', '--seed', 'abc'], /'abc' is invalid. It is a whole number from 0 to 4294967295/],
      [['phantom', 'x.png', '--size', '1e9'], /It is a whole number from 32 to 4096/],
      [['keys', 'create', 'abc', '--mode', 'lve'], /Allowed choices are live, test/],
      [['keys', 'credits', 'abc', '-5', '--reference', 'x'], /'-5' is invalid/],
      [
        ['drift', 'report', 'x', '--since', '2026-02-30'],
        /'2026-02-30' is invalid. It is a day that there is/,
      ],
      [['drift', 'report', 'x', '--until', '2026-2-1'], /'2026-2-1' is invalid/],
      [
        ['billing', 'reconcile', '--to', '2026-02-30T00:00:00Z'],
        /invalid. It is a time in UTC that there is/,
      ],
      [['keys', 'create', 'abc', '--expires', '2027-06-31T00:00:00Z'], /invalid. It is a time in UTC that/],
      [['data', 'import', 'x', '--out', 'y'], /"x" is not KIND=LABELS.csv=IMAGES/],
    ]
    for (const result of await Promise.all(
      calls.map(async ([args, said]) => ({ said, ...(await detl(...args)) })),
    )) {
      expect(result.stderr).toMatch(result.said)
      expect(result.code).toBe(2)
      expect(result.stdout).toBe('')
    }
  })

  it('says which file cannot be written, and why', async () => {
    const { code, stderr } = await detl('phantom', '/nowhere/x.png')
    expect(stderr).toBe(
      'detl: request-invalid: /nowhere/x.png cannot be written: there is no such file or folder (ENOENT)\n',
    )
    expect(code).toBe(1)
  })

  it('writes no control characters of a file’s name: they would steer the terminal', async () => {
    const name = 'no\u001b]0;such\u0007\nfile.png'
    const { code, stdout } = await detl('screen', name)
    expect(stdout.split('\n')[0]).toBe('no\\x1b]0;such\\x07\\x0afile.png')
    expect(code).toBe(1)
    const failed = await detl('phantom', `/nowhere/${name}`)
    expect(failed.stderr).not.toContain('\u001b')
  })

  it('writes no synthetic X-ray whose name promises another format', async () => {
    const { code, stderr } = await detl('phantom', '/nowhere/x.png', 'x.jpg')
    expect(stderr).toBe('detl: request-invalid: x.jpg: the name must end in .png or .dcm\n')
    expect(code).toBe(1)
  })

  it('says the version and the help of every command', async () => {
    const names = [
      'screen',
      'serve',
      'phantom',
      'keys',
      'billing',
      'ship',
      'data',
      'train',
      'convert',
      'export',
      'verify',
    ]
    const [all, ...each] = await Promise.all([detl('--help'), ...names.map((name) => detl(name, '--help'))])
    for (const [i, name] of names.entries()) {
      expect(all!.stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
      expect(each[i]).toMatchObject({
        code: 0,
        stderr: '',
        stdout: expect.stringContaining(`Usage: detl ${name} `),
      })
    }
  })
})

describe('detl keys', () => {
  let server: Server
  let address: string

  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url!.startsWith('/v1/admin'))
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
      else response.writeHead(200, { 'content-type': 'text/html' }).end('<p>welcome')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => server.close())

  it('says of a server that is no edge that it is none', async () => {
    const call = (edge: string) => detl('keys', 'list', '--admin-key', 'x', '--edge', edge)
    const [page, json, nothing, noAddress] = await Promise.all(
      [`${address}/shop`, address, 'http://127.0.0.1:9', 'my-edge'].map(call),
    )
    expect(page!.stderr).toContain(
      `upstream-invalid: what answers at ${address} is no DETL edge (status 200, text/html)`,
    )
    expect(json!.stderr).toContain('is no DETL edge (status 200, JSON without "accounts")')
    expect(nothing!.stderr).toContain(
      'upstream-unavailable: no edge answers at http://127.0.0.1:9; start one with',
    )
    expect(noAddress!.stderr).toContain('--edge is an address such as')
    for (const { code } of [page!, json!, nothing!, noAddress!]) expect(code).toBe(1)
  })
})

describe('npm in this checkout', () => {
  const npm = (...args: string[]) =>
    new Promise<{ stdout: string; stderr: string }>((resolve) => {
      execFile('npm', args, { cwd: ROOT, shell: true }, (_, stdout, stderr) => resolve({ stdout, stderr }))
    })

  it('says nothing of its own: no unknown setting, no engine', async () => {
    expect((await npm('run', 'detl', '--', '--version')).stderr).toBe('')
    // At `warn` npm would say of a setting that it does not know it.
    expect((await npm('config', 'list', '--loglevel=warn')).stderr).toBe('')
  })
})

describe('detl phantom', { timeout: 120_000 }, () => {
  let dir: string

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'detl-phantom-'))
  })
  afterAll(() => rm(dir, { recursive: true }))

  it('writes the same chest as DICOM and as PNG, and others under further names', async () => {
    const at = (name: string) => join(dir, name)
    await detl('phantom', at('chest.dcm'), '--size', '256', '--seed', '3')
    await detl('phantom', at('2.png'), at('3.png'), at('4.DCM'), '--size', '256', '--seed', '2')
    const { stdout } = await detl('screen', ...['chest.dcm', '2.png', '3.png', '4.DCM'].map(at), '--json')
    const [dicom, second, third, fourth] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect((await readFile(at('4.DCM'))).subarray(128, 132).toString()).toBe('DICM') // PS3.10, section 7.1
    expect((await readFile(at('3.png'))).subarray(1, 4).toString()).toBe('PNG')
    for (const [name, score] of Object.entries(third.probabilities))
      expect(dicom.probabilities[name]).toBeCloseTo(score as number, 2)
    expect(second.probabilities).not.toEqual(third.probabilities)
    expect(fourth.probabilities).not.toEqual(third.probabilities)
  })

  it('is the same file at each call', async () => {
    const [a, b] = [join(dir, 'a.dcm'), join(dir, 'b.dcm')]
    await detl('phantom', a, '--size', '64')
    await detl('phantom', b, '--size', '64')
    expect(await readFile(a)).toEqual(await readFile(b))
  })
})
