import { writeFileSync } from 'node:fs'
import { supportPage } from '../src/support.ts'

/** Writes docs/onnx-support.md. */
writeFileSync(new URL('../../docs/onnx-support.md', import.meta.url), supportPage())
