import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromBinary } from '@bufbuild/protobuf'
import { parseManifest } from '@detl/core/model/manifest'
import { ModelProtoSchema } from 'onnx-buf'
import { describe, expect, it } from 'vitest'

/** What an ONNX file says of itself. */
const inside = (path: string) => {
  const { metadataProps } = fromBinary(ModelProtoSchema, new Uint8Array(readFileSync(path)))
  return JSON.parse(metadataProps.find(({ key }) => key === 'detl.manifest')!.value)
}

describe.each(['detl-128', 'mobilenet-v2-160'])('the files of %s', (name) => {
  const folder = join(import.meta.dirname, '../../models', name)

  it('say inside what the manifest beside them says', () => {
    const { files, int8, ...fields } = parseManifest(
      JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')),
    )
    expect(inside(join(folder, 'model.onnx'))).toEqual(fields)
    expect(inside(join(folder, 'model.int8.onnx'))).toEqual({ ...fields, precision: 'int8' })
  })
})
