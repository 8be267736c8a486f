import { describe } from 'vitest'
import { LAYERS_MODELS } from './real-files.ts'
import { holdTable } from './real-table.ts'

describe('LayersModels from npm packages', () => holdTable('real-layers', LAYERS_MODELS))
