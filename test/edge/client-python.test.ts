import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { edgeApp } from '../support/edge-app.ts'
import { chestPng } from '../support/images.ts'
import { listen } from '../support/listen.ts'

const execute = promisify(execFile)
const CONTRACT = fileURLToPath(new URL('../../docs/openapi.json', import.meta.url))
const PYTHON = process.env.DETL_OPENAPI_PYTHON ?? '/usr/bin/python3'
const noGenerator =
  spawnSync(PYTHON, ['-c', 'import openapi_python_client']).status === 0
    ? undefined
    : '(openapi-python-client is not there; DETL_OPENAPI_PYTHON may name a Python that has it)'

/** What an integrator writes: one screening, and one that is refused. */
const PROGRAM = `
import sys
from client import AuthenticatedClient
from client.api.screening import create_screening
from client.models import CreateScreeningFilesBody, Problem, Screening
from client.types import File

url, key, *paths = sys.argv[1:]
client = AuthenticatedClient(base_url=url, token=key)
for path in paths:
    with open(path, "rb") as file:
        image = File(payload=file, file_name="image", mime_type="application/octet-stream")
        answer = create_screening.sync(client=client, body=CreateScreeningFilesBody(image=image))
    if isinstance(answer, Screening):
        print(answer.label, len(answer.probabilities.additional_properties), answer.decision.headline)
    elif isinstance(answer, Problem):
        print(answer.status, answer.type_)
`

describe.skipIf(noGenerator)(`a Python client of openapi-python-client ${noGenerator ?? ''}`, () => {
  const work = mkdtempSync(join(tmpdir(), 'detl-python-'))
  let edge: Awaited<ReturnType<typeof edgeApp>>
  let served: Awaited<ReturnType<typeof listen>>
  beforeAll(async () => {
    edge = await edgeApp()
    served = await listen(edge)
    await execute(
      PYTHON,
      [
        '-m',
        'openapi_python_client',
        'generate',
        '--path',
        CONTRACT,
        '--meta',
        'none',
        '--output-path',
        join(work, 'client'),
      ],
      { maxBuffer: 2 ** 24 },
    )
  })
  afterAll(async () => {
    await served?.stop()
    await edge?.stop()
    rmSync(work, { recursive: true })
  })

  it('screens, and reads a refusal', async () => {
    writeFileSync(join(work, 'screen.py'), PROGRAM)
    writeFileSync(join(work, 'chest.png'), await chestPng(1, 512))
    writeFileSync(join(work, 'letter.txt'), 'Dear doctor')
    const { stdout } = await execute(PYTHON, ['screen.py', served.url, edge.key, 'chest.png', 'letter.txt'], {
      cwd: work,
    })
    const [answered, refused] = stdout.trim().split('\n')
    expect(answered).toMatch(/^[a-z0-9_]+ 4 \S/)
    expect(refused).toMatch(/^415 .*\/problems\/image-unsupported/)
  })
})
