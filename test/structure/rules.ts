import type { IConfiguration, IForbiddenRuleType } from 'dependency-cruiser'

/**
 * Which rooms may import which. The folders are listed in docs/architecture.md; `npm run check` holds the code to this file.
 * Type imports count: a type that points upwards is a circle too.
 */

export const ROOMS = ['core', 'codecs', 'train', 'export', 'edge', 'gpu-function', 'web', 'cli'] as const
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
  cli: ['core', 'codecs', 'train', 'export', 'edge', 'gpu-function', 'web'],
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

/** Rules inside a room: who lies below whom. */
const insideRules: IForbiddenRuleType[] = [
  {
    name: 'core-without-node',
    comment: 'core runs in Node, workerd and a browser alike',
    severity: 'error',
    from: { path: '^core/' },
    to: { dependencyTypes: ['core'] },
  },
]

export const importRules = {
  forbidden: [
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    ...roomRules,
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
