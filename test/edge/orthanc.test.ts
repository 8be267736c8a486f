import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chestDicom, PATIENT } from '../support/chest-dicom.ts'
import { hasTool } from '../support/dicom-tools.ts'
import { edgeApp } from '../support/edge-app.ts'
import { startOrthanc } from '../support/orthanc.ts'

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
    for (const body of objects) await orthanc.store(body)
    const studies = await orthanc.get<object[]>('/studies?expand')
    expect(studies).toMatchObject([
      {
        MainDicomTags: { StudyInstanceUID: PATIENT.study, AccessionNumber: PATIENT.accession },
        PatientMainDicomTags: { PatientID: PATIENT.id, PatientName: PATIENT.name },
      },
    ])
    expect(await orthanc.modalities()).toEqual({ [PATIENT.study]: ['CR', 'OT', 'SR'] })
  })
})
