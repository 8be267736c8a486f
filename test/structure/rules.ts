import type { IConfiguration, IForbiddenRuleType } from 'dependency-cruiser'

/**
 * Which rooms may import which. The folders are listed in docs/architecture.md; `npm run check` holds the code to this file.
 * Type imports count: a type that points upwards is a circle too.
 */

export const ROOMS = [
  'core',
  'codecs',
  'train',
  'export',
  'edge',
  'gpu-function',
  'web',
  'gateway',
  'client',
  'cli',
] as const
type Room = (typeof ROOMS)[number]

/** What each room may import beside itself. */
const MAY_IMPORT: Record<Room, readonly Room[]> = {
  core: [],
  codecs: ['core'],
  train: ['core', 'codecs'],
  export: ['core'],
  edge: ['core', 'codecs'],
  'gpu-function': ['core'],
  web: ['core', 'codecs'],
  gateway: ['core', 'codecs'],
  client: ['core'],
  cli: ['core', 'codecs', 'train', 'export', 'edge', 'gpu-function', 'web', 'gateway'],
}

const roomRules = ROOMS.map(
  (room): IForbiddenRuleType => ({
    name: `${room}-imports`,
    comment: `${room} may import ${['itself', ...MAY_IMPORT[room]].join(', ')}: docs/architecture.md`,
    severity: 'error',
    from: { path: `^${room}/` },
    to: {
      path: `^(${ROOMS.filter((other) => other !== room && !MAY_IMPORT[room].includes(other)).join(
        '|',
      )}|test|bench|examples|deploy)/`,
    },
  }),
)

/** What lies behind the one door from bytes to tensor: nobody but core itself calls it. */
const doorRule: IForbiddenRuleType = {
  name: 'one-door',
  comment:
    'bytes become a tensor through core/src/intake/intake.ts: docs/decisions/0001-preprocessing-in-core.md',
  severity: 'error',
  // `train artifact` refuses what the latter makes beside it, the paper's plain input.
  from: { pathNot: '^(core/|train/src/data/model-input[.]ts$)' },
  to: {
    path: '^core/src/(preprocess/(preprocess|reduce|frame|fit|window)|gate/gate|intake/read)[.]ts$',
  },
}

/** Rules inside a room: who lies below whom. */
const insideRules: IForbiddenRuleType[] = [
  {
    name: 'core-without-node',
    comment: 'core runs in Node, workerd and a browser alike',
    severity: 'error',
    from: { path: '^core/' },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'evaluation-reads-files',
    comment: 'a report is made of the files that training and scoring left: no network, no pixel, no loop',
    severity: 'error',
    from: { path: '^train/src/evaluate/' },
    to: {
      path: '^(node_modules/@tensorflow|train/src/(scoring|model|backend)/|train/src/(loop|epoch|train-run|open-run)\\.ts)',
    },
  },
  {
    name: 'training-knows-no-evaluation',
    comment: 'what trains and what scores is not changed by what a report shows',
    severity: 'error',
    from: { path: '^train/src/', pathNot: '^train/src/(evaluate|commands)/' },
    to: { path: '^train/src/evaluate/' },
  },
  ...[
    { room: 'onnx', imports: [] },
    { room: 'gradients', imports: ['onnx'] },
    { room: 'graph', imports: ['onnx'] },
    { room: 'files', imports: ['onnx'] },
    { room: 'pieces', imports: ['onnx'] },
    { room: 'layers', imports: ['files', 'onnx'] },
    { room: 'nodes', imports: ['files', 'onnx'] },
    { room: 'lowering', imports: ['layers', 'files', 'pieces', 'onnx'] },
    { room: 'node-lowering', imports: ['nodes', 'pieces', 'onnx'] },
  ].map(
    ({ room, imports }): IForbiddenRuleType => ({
      name: `export-${room}`,
      comment: `the folders of export lie upon each other: export/README.md`,
      severity: 'error',
      from: { path: `^export/src/${room}/` },
      to: { path: '^export/src/[^/]+/', pathNot: `^export/src/(${[room, ...imports].join('|')})/` },
    }),
  ),
]

export const importRules = {
  forbidden: [
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    ...roomRules,
    doorRule,
    ...insideRules,
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['node', 'import', 'types', 'default'],
    },
  },
} satisfies IConfiguration
