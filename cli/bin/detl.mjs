#!/usr/bin/env node
// Node runs the TypeScript sources as they are (type stripping), which needs 22.18: say so rather than fail on a syntax error.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `detl needs Node 22.18 or later; this is ${process.version}. \`npm run detl -- …\` and \`npx detl …\` use the one that npm ci installed.`,
  )
  process.exit(1)
}
await import('./stripped.mjs')
await import('../src/main.ts')
