import { InvalidArgumentError } from 'commander'
import type { Format } from './screen/output-folder.ts'

export const FORMATS = ['png', 'fhir', 'sr', 'sc', 'pdf'] as const satisfies readonly Format[]

/** Reads `--format`. @throws InvalidArgumentError */
export function readFormats(text: string): Format[] {
  const kinds = text === 'all' ? [...FORMATS] : text.split(',').map((kind) => kind.trim())
  const unknown = kinds.filter((kind) => !FORMATS.some((format) => format === kind))
  if (unknown.length > 0)
    throw new InvalidArgumentError(`It is "all" or some of ${FORMATS.join(', ')}, parted by commas.`)
  return kinds as Format[]
}
