import { headerOf } from '@detl/core/answers/dicom/source-header'
import { isDay, isUtcTime } from '@detl/core/base/calendar'
import { expect, it } from 'vitest'
import { chestDicom } from '../../support/chest-dicom.ts'

it('knows the days that there are', () => {
  for (const day of ['2026-11-28', '2024-02-29', '2000-02-29', '0001-01-01'])
    expect(isDay(day), day).toBe(true)
  for (const day of [
    ...['2026-02-30', '2026-02-29', '1900-02-29', '2026-04-31', '2026-13-01', '2026-00-01', '2026-01-00'],
    ...['2026-1-1', '20260101', '2026-01-01T', ' 2026-01-01', '', '+002026-01-01'],
  ])
    expect(isDay(day), day).toBe(false)
})

it('knows the times in UTC that there are', () => {
  for (const time of ['2027-01-31T00:00:00Z', '2024-02-29T23:59Z', '2027-01-31T00:00:00.25Z'])
    expect(isUtcTime(time), time).toBe(true)
  for (const time of [
    ...['2026-02-30T00:00:00Z', '2027-01-31T24:00:00Z', '2027-01-31T00:60:00Z', '2027-01-31T00:00:00'],
    ...['2027-01-31T00:00:00+01:00', '2027-01-31', '2027-01-31T', 'Z', ''],
  ])
    expect(isUtcTime(time), time).toBe(false)
})

it('leaves a date that there is not out of what answers say of an examination', async () => {
  const birth = (day: string) => ({ '00100030': ['DA', day] }) as const
  const header = async (day: string) =>
    headerOf({
      bytes: chestDicom(96, { ...birth(day), '00080020': ['DA', day] }),
      intake: { source: { format: 'dicom' } },
    })
  expect(await header('20260228')).toMatchObject({ taken: '2026-02-28', takenOver: birth('20260228') })
  const odd = await header('20260230')
  expect(odd?.taken).toBeUndefined()
  expect(odd?.takenOver).not.toHaveProperty('00100030')
})
