import { afterAll, beforeAll, expect, it } from 'vitest'
import { batchCustomers } from '../support/batch-customers.ts'
import { chestDicom, PATIENT } from '../support/chest-dicom.ts'

let world: Awaited<ReturnType<typeof batchCustomers>>
beforeAll(async () => {
  world = await batchCustomers({ films: [chestDicom()] })
})
afterAll(() => world.stop())

it('an object that a DICOMweb server gives in place of the one that was asked for is no result of that one, and is not charged', async () => {
  const { made, lines, billed } = await world.customer()
  const series = `${world.images.url}/dicom-web/studies/${PATIENT.study}/series/${PATIENT.series}`
  const asked = [PATIENT.instance, `${PATIENT.instance}4`].map((one) => `${series}/instances/${one}`)
  const path = await made(asked.map((dicomweb) => ({ dicomweb })))
  await world.workToTheEnd()
  const [found, other] = (await lines(path)).sort((a, b) => a.item - b.item)
  expect(found).toMatchObject({ source: asked[0], screening: { image: { format: 'dicom' } } })
  expect(other).toMatchObject({ source: asked[1], problem: { type: '/problems/source-missing' } })
  expect(other.problem.detail).toContain(PATIENT.instance)
  expect(billed()).toBe(1)
})
