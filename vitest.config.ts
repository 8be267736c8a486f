import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

/** Far beyond what any test takes on a busy machine: it ends what hangs, and says nothing about pace. */
const HANGS_MS = 120_000

const absent = async () => new Response('not there', { status: 503 })

/**
 * `node`: everything that runs in Node, in folders that mirror the sources.
 * `workerd`: files named *.workerd.test.ts, run inside workerd with the bindings of wrangler.toml.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'node',
          globalSetup: ['test/support/temp-folder.ts', 'test/support/build-page.ts'],
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.workerd.test.ts'],
          testTimeout: HANGS_MS,
          hookTimeout: HANGS_MS,
          expect: { poll: { timeout: HANGS_MS / 2 } },
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            // The Workers behind the bindings are not there: what is tested with them starts all three (test/support/edge-process.ts).
            miniflare: { serviceBindings: { CODECS: absent, INFER: absent } },
          }),
        ],
        test: {
          name: 'workerd',
          globalSetup: ['test/support/temp-folder.ts', 'test/support/build-page.ts'],
          include: ['test/**/*.workerd.test.ts'],
          testTimeout: HANGS_MS,
          hookTimeout: HANGS_MS,
          expect: { poll: { timeout: HANGS_MS / 2 } },
        },
      },
    ],
  },
})
