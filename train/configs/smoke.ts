import { differing } from '../src/config.ts'
import { defaults } from './default.ts'

/** The whole method in a few minutes: it shows that everything works, not how well. */
export const smoke = differing(defaults, {
  name: 'smoke',
  size: 48,
  pretrain: { epochs: 2 },
  transfer: { epochs: 3 },
})
