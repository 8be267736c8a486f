import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const CANDIDATES = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/chromium-browser']
const executable = CANDIDATES.find((path) => path !== undefined && existsSync(path))

/** Why the page cannot be tried in a browser on this machine; undefined where it can. */
export const noBrowser = executable
  ? undefined
  : 'no Chromium: install Debian’s package chromium, or set CHROMIUM_PATH'

/** @param gpu `software`: WebGPU by Chromium's own software renderer, where it has one */
export const launch = ({ gpu }: { gpu?: 'software' } = {}): Promise<Browser> =>
  chromium.launch({
    executablePath: executable!,
    args: [
      '--headless',
      '--no-sandbox',
      ...(gpu ? ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'] : ['--disable-gpu']),
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
