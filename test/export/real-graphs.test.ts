import { describe } from 'vitest'
import { GRAPHS, LOOPS } from './real-files.ts'
import { holdTable } from './real-table.ts'

describe('GraphModels from npm packages', () => holdTable('real-graphs', GRAPHS, LOOPS))
