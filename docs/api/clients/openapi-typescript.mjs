// node openapi-typescript.mjs openapi.json api.d.ts   (openapi-typescript 7, for openapi-fetch)
// Its command line makes `string` of a binary body; this makes it a Blob.
import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import openapiTS, { astToString } from 'openapi-typescript'
import ts from 'typescript'

const [document, out] = process.argv.slice(2)
const blob = ts.factory.createTypeReferenceNode('Blob')
const types = await openapiTS(pathToFileURL(document), {
  transform: (schema) => (schema.format === 'binary' ? blob : undefined),
})
writeFileSync(out, astToString(types))
