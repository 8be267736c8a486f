// npx orval --config orval.config.mjs   (orval 8)
// orval gives one operation one way to read its answer, and reads all as a Blob where one is binary: a client for JSON alone.
const jsonAlone = (document) => {
  const { requestBody, responses } = document.paths['/v1/screenings'].post
  delete requestBody.content['multipart/form-data']
  const { content } = responses['200']
  responses['200'].content = { 'application/json': content['application/json'] }
  return document
}

export default {
  detl: {
    input: { target: './openapi.json', override: { transformer: jsonAlone } },
    output: { target: './detl.ts', client: 'fetch', baseUrl: 'http://127.0.0.1:8787' },
  },
}
