import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { AppError } from '@detl/core/api/problem'
import { type Manifest, parseManifest } from '@detl/core/model/manifest'

/** What one start works with, apart from every other start; it is removed when the process ends. */
export type StartFolder = {
  readonly manifest: Manifest
  /** Holds the model alone, as a link under its manifest's name: what the GPU function serves. */
  readonly modelsDir: string
  /** Where the page is built. */
  readonly pageDir: string
}

/**
 * @param modelDir with manifest.json and model.onnx, under any name and anywhere
 * @throws AppError request-invalid where the manifest cannot be read
 */
export function startFolder(modelDir: string): StartFolder {
  const manifest = readManifest(modelDir)
  const root = mkdtempSync(join(tmpdir(), 'detl-start-'))
  process.once('exit', () => rmSync(root, { recursive: true, force: true }))
  const modelsDir = join(root, 'models')
  mkdirSync(modelsDir)
  symlinkSync(resolve(modelDir), join(modelsDir, manifest.name), 'junction') // else Windows asks for a privilege
  return { manifest, modelsDir, pageDir: join(root, 'page') }
}

function readManifest(modelDir: string): Manifest {
  try {
    return parseManifest(JSON.parse(readFileSync(join(modelDir, 'manifest.json'), 'utf8')))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new AppError('request-invalid', `the model in ${modelDir} cannot be used: ${reason}`, { cause })
  }
}
