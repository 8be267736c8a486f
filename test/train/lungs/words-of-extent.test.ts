import { describe, expect, it } from 'vitest'
import { amountOf, bothSides } from '../../../bench/severity/words-of-extent.ts'

describe('what a report says of how much it saw', () => {
  it('by the sentences that speak of the film, not of the patient', () => {
    expect(amountOf('Chest X-ray shows extensive bilateral consolidation.')).toBe('much')
    expect(amountOf('There are subtle opacities in the left lower lobe.')).toBe('little')
    expect(amountOf('She had a mild fever. The radiograph shows diffuse infiltrates.')).toBe('much')
    expect(amountOf('He had severe chest pain and a mild fever.')).toBeUndefined()
  })

  it('nothing where words of both amounts are found, or none', () => {
    expect(amountOf('Diffuse infiltrates in the right lung, small opacity in the left lung.')).toBeUndefined()
    expect(amountOf('Consolidation of the right lower lobe.')).toBeUndefined()
    expect(amountOf('')).toBeUndefined()
  })

  it('sides: both, one, or none named', () => {
    expect(bothSides('Bilateral ground-glass opacities.')).toBe(true)
    expect(bothSides('Consolidation in the right upper lobe.')).toBe(false)
    expect(bothSides('Consolidation. Pain in the left leg.')).toBeUndefined()
  })
})
