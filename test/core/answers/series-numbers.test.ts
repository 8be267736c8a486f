import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { SERIES_NUMBERS } from '@detl/core/answers/dicom/series-numbers'
import { expect, it } from 'vitest'

const numbers = Object.values(SERIES_NUMBERS)

it('each kind of object has a series of its own, as the conformance statement says', () => {
  const path = fileURLToPath(new URL('../../../docs/dicom-conformance.md', import.meta.url))
  const told = [...readFileSync(path, 'utf8').matchAll(/Modality [A-Z]+, number (\d+)/g)].map(([, n]) => n)
  expect(new Set(numbers).size).toBe(numbers.length)
  expect(told.sort()).toEqual(numbers.toSorted())
})
