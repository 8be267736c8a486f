import { type EdgeOptions, startEdge } from '../../cli/src/serve/edge.ts'

const { url } = await startEdge(JSON.parse(process.argv[2] ?? '{}') as EdgeOptions)
console.log(`ready ${url}`)
