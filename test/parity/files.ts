import { existsSync, readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { sharedDir } from '../support/shared.ts'

const listed = (folder: string, ending: RegExp) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((file) => ending.test(file))
        .sort()
        .map((file) => resolve(folder, file))
    : []

/** At most `count` files, spread over the list. */
export const spread = (files: readonly string[], count: number): string[] =>
  files.filter((_, i) => i % Math.ceil(files.length / count) === 0)

export const goldenFiles = listed(resolve(import.meta.dirname, '../golden/intake'), /\.(png|jpg|dcm)$/)
/** Real DICOM files beside the project; none elsewhere. */
export const dicomFiles = listed(resolve(sharedDir(), 'dicom'), /\.dcm$/)

/** Small files, each of which breaks one thing, beside the project; none elsewhere. */
export const hospitalCases = listed(resolve(sharedDir(), 'cases/intake'), /\.(png|jpg|dcm)$/)

const cxr = resolve(sharedDir(), 'cxr/images')
/** Real X-rays beside the project by their source; none elsewhere. */
export const xrays: Readonly<Record<string, string[]>> = Object.fromEntries(
  existsSync(cxr)
    ? readdirSync(cxr).map((source) => [source, listed(resolve(cxr, source), /\.(jpe?g|png)$/i)])
    : [],
)
