import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe } from 'vitest'
import { launch, noBrowser } from '../support/chromium.ts'
import { imageServer } from '../support/image-server.ts'
import { accessSuite } from './suites/access.ts'
import { accountSuite } from './suites/account.ts'
import { batchesSuite } from './suites/batches.ts'
import { comparisonSuite } from './suites/comparison.ts'
import { deviceSuite } from './suites/device.ts'
import { exportsSuite } from './suites/exports.ts'
import { intakeSuite } from './suites/intake.ts'
import { referenceSuite } from './suites/reference.ts'
import { screeningSuite } from './suites/screening.ts'
import { viewerSuite } from './suites/viewer.ts'
import { webGpuSuite } from './suites/web-gpu.ts'
import { workListSuite } from './suites/work-list.ts'
import { pngFile } from './support/files.ts'
import { noModel, type Site, startSite } from './support/site.ts'

const reason = noBrowser ?? noModel

/** What the suites share: one browser, one service as `npm start` starts it, and an archive that batches may read. */
export type Stage = { browser: Browser; site: Site; archive: Awaited<ReturnType<typeof imageServer>> }

describe.skipIf(reason)(`the page in Chromium${reason ? ` (${reason})` : ''}`, () => {
  const stage = {} as Stage
  beforeAll(async () => {
    stage.archive = await imageServer([(await pngFile(21)).buffer])
    ;[stage.site, stage.browser] = await Promise.all([
      startSite('--batch-hosts', stage.archive.url),
      launch(),
    ])
  }, 120_000)
  afterAll(async () => {
    await stage.browser?.close()
    await stage.site?.stop()
    await stage.archive?.stop()
  })
  intakeSuite(stage)
  screeningSuite(stage)
  viewerSuite(stage)
  workListSuite(stage)
  deviceSuite(stage)
  webGpuSuite(stage)
  accessSuite(stage)
  exportsSuite(stage)
  accountSuite(stage)
  batchesSuite(stage)
  comparisonSuite(stage)
  referenceSuite(stage)
})
