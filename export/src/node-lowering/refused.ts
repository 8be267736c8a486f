import { type NodeFamily, type NodeRow, refusingNode } from './context.ts'

const all = (names: readonly string[], why: string): Record<string, NodeRow> =>
  Object.fromEntries(names.map((name) => [name, refusingNode(why)]))

const CONTROL = [
  'Switch',
  'Merge',
  'Enter',
  'Exit',
  'NextIteration',
  'LoopCond',
  'If',
  'StatelessIf',
  'While',
  'StatelessWhile',
] as const
const LISTS = [
  'TensorListReserve',
  'TensorListFromTensor',
  'TensorListStack',
  'TensorListSetItem',
  'TensorListGetItem',
  'TensorListScatter',
  'TensorListScatterV2',
  'TensorListGather',
  'TensorListConcat',
  'TensorListConcatV2',
  'TensorListSplit',
  'TensorListLength',
  'TensorListResize',
  'TensorListPopBack',
  'TensorListPushBack',
  'EmptyTensorList',
  'TensorArrayV3',
  'TensorArrayWriteV3',
  'TensorArrayReadV3',
  'TensorArrayGatherV3',
  'TensorArrayScatterV3',
  'TensorArrayConcatV3',
  'TensorArraySplitV3',
  'TensorArraySizeV3',
  'TensorArrayCloseV3',
] as const

export const refusedNodes: NodeFamily = {
  title: 'Refused',
  rows: {
    ...all(CONTROL, 'control flow (loops and branches)'),
    ...all(LISTS, 'lists of tensors, which loops fill'),
    ...all(
      ['HashTable', 'HashTableV2', 'LookupTableFind', 'LookupTableFindV2', 'LookupTableSizeV2'],
      'lookup tables',
    ),
    ...all(['StringSplit', 'StringToHashBucketFast', 'StringNGrams', 'StaticRegexReplace'], 'texts'),
    ...all(['FFT', 'IFFT', 'RFFT', 'IRFFT', 'Complex', 'Real', 'Imag'], 'complex numbers'),
    ...all(
      ['RandomUniform', 'RandomUniformInt', 'RandomStandardNormal', 'TruncatedNormal', 'Multinomial'],
      'random numbers: there is no result to agree with',
    ),
  },
}
