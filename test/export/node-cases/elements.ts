import {
  fixed,
  float,
  given,
  type NodeCase,
  noise,
  number,
  one,
  positive,
  small,
  truth,
  type,
  weights,
  whole,
} from './case.ts'

const row = given([3, 4])
const other = given([3, 4], (i) => noise(i + 17))
const across = weights([4])

const unary = (value: (i: number) => number, ...ops: string[]): NodeCase[] =>
  ops.map((op) => one(op, [given([3, 4], value)]))

const activations = unary(
  noise,
  ...['Relu', 'Relu6', 'Elu', 'Selu', 'Sigmoid', 'Tanh', 'Softplus', 'Identity', 'StopGradient', 'Snapshot'],
)

const functions: NodeCase[] = [
  ...unary(noise, 'Abs', 'Neg', 'Sign', 'Exp', 'Erf', 'Floor', 'Ceil', 'Round', 'Reciprocal', 'Square'),
  ...unary(noise, 'Sin', 'Cos', 'Tan', 'Atan', 'Sinh', 'Cosh', 'Asinh', 'Expm1', 'IsNan', 'ZerosLike'),
  ...unary(noise, 'OnesLike'),
  ...unary(positive, 'Log', 'Sqrt', 'Rsqrt', 'Log1p'),
  ...unary(small, 'Asin', 'Acos', 'Atanh'),
  ...unary((i) => 1 + positive(i), 'Acosh'),
  one('LeakyRelu', [row], { alpha: float(0.1) }),
  one('Prelu', [row, across]),
  one('Atan2', [row, other]),
  one('ClipByValue', [row, number(-0.5), number(0.7)]),
]

const pairs: NodeCase[] = [
  ...['Add', 'AddV2', 'Sub', 'Mul', 'RealDiv', 'Div', 'Maximum', 'Minimum', 'SquaredDifference'].flatMap(
    (op) => [one(op, [row, other]), one(op, [row, across], {}, { title: 'broadcast' })],
  ),
  ...['FloorDiv', 'FloorMod', 'Mod'].flatMap((op) => [
    one(op, [row, other]),
    one(op, [whole([3, 4], 11), given([3, 4], (i) => (i % 3) + 2, 'int32')], {}, { title: 'whole numbers' }),
  ]),
  one(
    'RealDiv',
    [whole([3, 4], 11), given([3, 4], (i) => (i % 3) + 2, 'int32')],
    {},
    { title: 'whole numbers' },
  ),
  one('DivNoNan', [row, given([3, 4], (i) => (i % 3 === 0 ? 0 : noise(i)))]),
  one('Pow', [given([3, 4], positive), other]),
  one('AddN', [row, other, given([3, 4], positive)]),
  one('IdentityN', [row, other], {}, { outputs: 2 }),
]

const comparisons: NodeCase[] = [
  ...['Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual'].flatMap((op) => [
    one(op, [row, other]),
    one(op, [whole([3, 4], 3), whole([3, 4], 2)], {}, { title: 'whole numbers' }),
  ]),
  ...['LogicalAnd', 'LogicalOr'].map((op) => one(op, [truth([3, 4]), truth([3, 4])])),
  one('LogicalNot', [truth([3, 4])]),
  one('Select', [truth([3, 4]), row, other]),
  one('SelectV2', [truth([3, 4]), row, across]),
  one('Cast', [row], { DstT: type('DT_INT32'), SrcT: type('DT_FLOAT') }, { title: 'to whole numbers' }),
  one('Cast', [whole([3, 4], 3)], { DstT: type('DT_BOOL'), SrcT: type('DT_INT32') }, { title: 'to truth' }),
  one('Cast', [truth([3, 4])], { DstT: type('DT_FLOAT'), SrcT: type('DT_BOOL') }, { title: 'of truth' }),
  one('ZerosLike', [fixed([2, 3], (i) => i, 'int32')], {}, { title: 'whole numbers' }),
]

export const elementCases: readonly NodeCase[] = [...activations, ...functions, ...pairs, ...comparisons]
