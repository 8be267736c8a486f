import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chestDicom, PATIENT } from '../support/chest-dicom.ts'
import { hasTool } from '../support/dicom-tools.ts'
import { edgeApp } from '../support/edge-app.ts'
import { freePort } from '../support/free-port.ts'

/** An archive of its own on loopback, empty. */
async function startOrthanc() {
  const dir = mkdtempSync(join(tmpdir(), 'detl-orthanc-'))
  const port = await freePort()
  const config = join(dir, 'orthanc.json')
  writeFileSync(
    config,
    JSON.stringify({
      HttpPort: port,
      DicomServerEnabled: false,
      RemoteAccessAllowed: false,
      AuthenticationEnabled: false,
      StorageDirectory: dir,
      IndexDirectory: dir,
      Plugins: [],
    }),
  )
  const child = spawn('Orthanc', [config], { stdio: 'ignore' })
  const url = `http://127.0.0.1:${port}`
  for (let i = 0; ; i++) {
    const up = await fetch(`${url}/system`).catch(() => undefined)
    if (up?.ok) break
    if (i > 200 || child.exitCode !== null) throw new Error('Orthanc did not start')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return {
    url,
    get: async <T>(path: string) => (await fetch(url + path)).json() as Promise<T>,
    stop: async () => {
      const exit = once(child, 'exit')
      child.kill('SIGTERM')
      await exit
      rmSync(dir, { recursive: true })
    },
  }
}

describe.skipIf(!hasTool('Orthanc'))('an archive (needs Debian’s orthanc)', () => {
  let orthanc: Awaited<ReturnType<typeof startOrthanc>>
  let edge: Awaited<ReturnType<typeof edgeApp>>
  beforeAll(async () => {
    orthanc = await startOrthanc()
    edge = await edgeApp()
  })
  afterAll(async () => {
    await orthanc.stop()
    await edge.stop()
  })

  it('shows overlay and report in the study of the X-ray, each in its own series', async () => {
    const image = chestDicom()
    const objects: Uint8Array<ArrayBuffer>[] = [image]
    for (const accept of ['application/dicom', 'application/dicom;object=sr'])
      objects.push(new Uint8Array(await (await edge.screen(image, { accept })).arrayBuffer()))
    for (const body of objects) {
      const stored = await fetch(`${orthanc.url}/instances`, { method: 'POST', body })
      expect(((await stored.json()) as { Status: string }).Status).toBe('Success')
    }
    const studies = await orthanc.get<object[]>('/studies?expand')
    expect(studies).toMatchObject([
      {
        MainDicomTags: { StudyInstanceUID: PATIENT.study, AccessionNumber: PATIENT.accession },
        PatientMainDicomTags: { PatientID: PATIENT.id, PatientName: PATIENT.name },
      },
    ])
    const series = await orthanc.get<{ MainDicomTags: { Modality: string } }[]>('/series?expand')
    expect(series.map(({ MainDicomTags }) => MainDicomTags.Modality).sort()).toEqual(['CR', 'OT', 'SR'])
  })
})
