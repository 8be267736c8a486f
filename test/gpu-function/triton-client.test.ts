import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { gpuServer } from '../support/gpu-server.ts'

const run = promisify(execFile)
const PYTHON = process.env.DETL_TRITON_PYTHON
const noClient =
  PYTHON !== undefined && existsSync(PYTHON)
    ? undefined
    : 'set DETL_TRITON_PYTHON to a Python with tritonclient[http] 2.73.0'

const PROGRAM = `
import sys
import numpy
import tritonclient.http as http

client = http.InferenceServerClient(sys.argv[1])
print('live', client.is_server_live(), client.is_server_ready(), client.is_model_ready('detl'))
model = client.get_model_metadata('detl')
print('model', model['inputs'][0]['name'], model['inputs'][0]['datatype'], 'binary_tensor_data' in client.get_server_metadata()['extensions'])
data = (numpy.arange(1024) % 256).astype(numpy.uint8).reshape(1, 1, 32, 32)
answers = []
for binary_in in (True, False):
    for binary_out in (True, False):
        image = http.InferInput('image', [1, 1, 32, 32], 'UINT8')
        image.set_data_from_numpy(data, binary_data=binary_in)
        outputs = [http.InferRequestedOutput(name, binary_data=binary_out) for name in ('probabilities', 'cam')]
        answer = client.infer('detl', [image], outputs=outputs, parameters={'preprocess': 'cxr-grey@2/32'}, request_id='7')
        answers.append(answer)
        print('infer', binary_in, binary_out, answer.get_response()['id'], answer.as_numpy('probabilities').shape, answer.as_numpy('cam').ndim)
first = answers[0]
print('same', all(numpy.array_equal(one.as_numpy(name), first.as_numpy(name)) for one in answers for name in ('probabilities', 'cam')))
image = http.InferInput('image', [1, 1, 32, 32], 'UINT8')
image.set_data_from_numpy(data)
for algorithm in ('gzip', 'deflate'):
    try:
        answer = client.infer('detl', [image], parameters={'preprocess': 'cxr-grey@2/32'}, request_compression_algorithm=algorithm)
        print(algorithm, 'taken')
    except Exception as refused:
        print(algorithm, 'refused', getattr(refused, 'status', lambda: type(refused).__name__)())
try:
    client.infer('nobody', [image])
except http.InferenceServerException as refused:
    print('refused', refused.status(), refused.message()[:60])
`

describe.skipIf(noClient)(`the Triton client${noClient ? ` (${noClient})` : ''}`, () => {
  const open = gpuServer({ keys: 'none' })

  it('reads metadata, and infers with tensors as bytes and as JSON, alike', async () => {
    const { stdout } = await run(PYTHON!, ['-c', PROGRAM, open.url.replace('http://', '')])
    expect(stdout.trim().split('\n')).toEqual([
      'live True True True',
      'model image UINT8 True',
      'infer True True 7 (1, 4) 4',
      'infer True False 7 (1, 4) 4',
      'infer False True 7 (1, 4) 4',
      'infer False False 7 (1, 4) 4',
      'same True',
      'gzip refused 415',
      'deflate refused 415',
      'refused 404 model "nobody" is not loaded',
    ])
  })
})
