import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** SwiftShader, a Vulkan driver that computes on the processor: Debian's chromium carries it. */
const ICD = process.env.SWIFTSHADER_ICD ?? '/usr/lib/chromium/vk_swiftshader_icd.json'

/** Why WebGPU cannot be tried without a GPU on this machine; undefined where it can. */
export const noSoftwareVulkan = !existsSync(ICD)
  ? 'no SwiftShader: install Debian’s package chromium, or set SWIFTSHADER_ICD to its vk_swiftshader_icd.json'
  : spawnSync('sh', ['-c', 'ldconfig -p | grep -q libvulkan.so.1'], {
        env: { PATH: '/usr/sbin:/sbin:/usr/bin:/bin' },
      }).status !== 0
    ? 'no Vulkan loader: install Debian’s package libvulkan1'
    : undefined

/** The environment of a process whose only Vulkan driver is SwiftShader. */
export const softwareVulkan = (): Record<string, string> => ({
  VK_ICD_FILENAMES: ICD,
  VK_DRIVER_FILES: ICD,
  XDG_RUNTIME_DIR: mkdtempSync(join(tmpdir(), 'detl-xdg-')),
})
