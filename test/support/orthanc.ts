import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasTool } from './dicom-tools.ts'
import { freePort } from './free-port.ts'

const DICOMWEB = '/usr/share/orthanc/plugins/libOrthancDicomWeb.so'

/** Debian's orthanc and orthanc-dicomweb; tests that need them skip where one is absent. */
export const hasOrthanc = (): boolean => hasTool('Orthanc') && existsSync(DICOMWEB)

/** A DICOM node that the archive may talk with. */
export type Node = { aet: string; port: number }

/** An archive of its own on loopback, empty; AE title ORTHANC. */
export async function startOrthanc({
  lua,
  dicomWeb = false,
  nodes = [],
  user,
  config = {},
}: {
  /** A Lua script. */
  lua?: string
  dicomWeb?: boolean
  nodes?: readonly Node[]
  /** Who alone is answered by HTTP; everybody without. */
  user?: { readonly name: string; readonly password: string }
  config?: object
} = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'detl-orthanc-'))
  const port = await freePort()
  const dicomPort = await freePort()
  const script = join(dir, 'script.lua')
  if (lua !== undefined) writeFileSync(script, lua)
  const configFile = join(dir, 'orthanc.json')
  const settings = {
    HttpPort: port,
    DicomServerEnabled: true,
    DicomAet: 'ORTHANC',
    DicomPort: dicomPort,
    RemoteAccessAllowed: false,
    AuthenticationEnabled: user !== undefined,
    RegisteredUsers: user ? { [user.name]: user.password } : {},
    StorageDirectory: dir,
    IndexDirectory: dir,
    LuaScripts: lua === undefined ? [] : [script],
    Plugins: dicomWeb ? [DICOMWEB] : [],
    DicomModalities: Object.fromEntries(nodes.map(({ aet, port: at }) => [aet, [aet, '127.0.0.1', at]])),
    ...config,
  }
  writeFileSync(configFile, JSON.stringify(settings))
  const child = spawn('Orthanc', [configFile, `--logfile=${join(dir, 'log')}`], { stdio: 'ignore' })
  const url = `http://127.0.0.1:${port}`
  const authorization = user && `Basic ${Buffer.from(`${user.name}:${user.password}`).toString('base64')}`
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(url + path, { ...init, headers: { ...(authorization !== undefined && { authorization }) } })
  const log = () => readFileSync(join(dir, 'log'), 'utf8')
  for (let i = 0; ; i++) {
    const up = await ask('/system').catch(() => undefined)
    if (up?.ok) break
    if (i > 200 || child.exitCode !== null) throw new Error(`Orthanc did not start:\n${log()}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const get = async <T>(path: string) => (await ask(path)).json() as Promise<T>
  return {
    url,
    dicomPort,
    aet: 'ORTHANC',
    /** Of its user. */
    authorization,
    log,
    get,
    /** Stores one object by its own interface. @throws Error unless it was stored */
    store: async (body: Uint8Array<ArrayBuffer>) => {
      const { Status } = (await (await ask('/instances', { method: 'POST', body })).json()) as {
        Status?: string
      }
      if (Status !== 'Success') throw new Error(`Orthanc stored nothing: ${Status}`)
    },
    /** Modalities of the series of each study, by its UID, in the order of the alphabet. */
    modalities: async () => {
      const studies =
        await get<{ ID: string; MainDicomTags: { StudyInstanceUID: string } }[]>('/studies?expand')
      const found: Record<string, string[]> = {}
      for (const { ID, MainDicomTags } of studies) {
        const series = await get<{ MainDicomTags: { Modality: string } }[]>(`/studies/${ID}/series`)
        found[MainDicomTags.StudyInstanceUID] = series.map((one) => one.MainDicomTags.Modality).sort()
      }
      return found
    },
    stop: async () => {
      const exit = once(child, 'exit')
      child.kill('SIGTERM')
      await exit
      rmSync(dir, { recursive: true })
    },
  }
}
