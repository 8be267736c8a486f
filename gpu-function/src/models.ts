import { AppError } from '@detl/core/api/problem'
import type { Logger } from 'pino'
import { type LoadedModel, type LoadOptions, loadModel } from './loaded-model.ts'
import type { Metrics } from './metrics.ts'
import { listModels, type ModelFolder, readModel, readRouting } from './model-files.ts'
import type { Predictions } from './predictions.ts'
import { chooseVersion, type Routing, type Wanted } from './routing.ts'

type Version = { readonly folder: ModelFolder; readonly model: LoadedModel }
type Named = { readonly versions: Map<string, Version>; routing: Routing }
/** A row of the repository index: what is loaded, or why it is not. */
export type IndexRow = { name: string; version: string; state: 'READY' | 'UNAVAILABLE'; reason: string }

/**
 * The models that are loaded, by name and version; the sole owner of their sessions. Names and versions that a call
 * states are looked up here and never become part of a path.
 */
export class Models {
  readonly #root: string
  readonly #options: LoadOptions
  readonly #log: Logger
  readonly #metrics: Metrics
  readonly #predictions: Pick<Predictions, 'loaded' | 'unloaded'> | undefined
  readonly #named = new Map<string, Named>()
  /** Folder → what was wrong with it and its stamp then: it is tried again when it has changed. */
  readonly #failed = new Map<string, { name: string; stamp: string; reason: string }>()
  /** Unloaded on request: not loaded again by a poll. */
  readonly #unwanted = new Set<string>()
  #changes: Promise<unknown> = Promise.resolve()
  /** Folders whose thread has ended: loaded again, if not at once then at each look. */
  readonly #down = new Set<string>()
  #closed = false
  #looked = false

  constructor(deps: {
    root: string
    options: LoadOptions
    log: Logger
    metrics: Metrics
    predictions?: Pick<Predictions, 'loaded' | 'unloaded'> | undefined
  }) {
    this.#root = deps.root
    this.#options = deps.options
    this.#log = deps.log
    this.#metrics = deps.metrics
    this.#predictions = deps.predictions
  }

  /** True once every model of the folder has been loaded and warmed up, and nothing that should be there is missing. */
  get ready(): boolean {
    const whole = this.#failed.size === 0 && this.#down.size === 0
    return this.#looked && this.#named.size > 0 && !this.#closed && whole
  }

  all(): LoadedModel[] {
    return [...this.#named.values()].flatMap(({ versions }) =>
      [...versions.values()].map(({ model }) => model),
    )
  }

  /** @throws AppError `not-found` */
  versions(name: string): string[] {
    return [...this.#find(name).versions.keys()]
  }

  /** The model that has taken the place of one whose thread has ended; undefined if none could. */
  async successor(model: LoadedModel): Promise<LoadedModel | undefined> {
    await model.session.ended
    await this.#changes
    const current = this.#named.get(model.name)?.versions.get(model.version)?.model
    return current === model ? undefined : current
  }

  /** @throws AppError `not-found` */
  choose(name: string, wanted: Wanted): LoadedModel {
    const { versions, routing } = this.#find(name)
    return versions.get(chooseVersion([...versions.keys()], routing, wanted))!.model
  }

  /**
   * Loads what is new or has changed. What has vanished goes on being served from memory: a lost disk is no order to stop.
   * A version that cannot be loaded is logged and leaves the one that runs in place.
   */
  refresh(): Promise<void> {
    return this.#oneByOne(async () => {
      const folders = await listModels(this.#root)
      for (const name of new Set(folders.map((folder) => folder.name))) await this.#reroute(name)
      for (const path of this.#failed.keys())
        if (!folders.some((f) => f.path === path)) this.#failed.delete(path)
      for (const folder of folders) {
        if (this.#unwanted.has(folder.name) || this.#isCurrent(folder)) continue
        const known = this.#failed.get(folder.path)?.stamp === folder.stamp
        if (!known || this.#down.has(folder.path)) await this.#load(folder)
      }
      this.#looked = true
    })
  }

  /** @throws AppError `not-found` for a name without a folder, `upstream-unavailable` when one of its versions cannot be loaded */
  load(name: string): Promise<void> {
    return this.#oneByOne(async () => {
      const folders = (await listModels(this.#root)).filter((folder) => folder.name === name)
      if (folders.length === 0)
        throw new AppError('not-found', `there is no model ${JSON.stringify(name.slice(0, 64))}`)
      this.#unwanted.delete(name)
      await this.#reroute(name)
      for (const folder of folders) if (!this.#isCurrent(folder)) await this.#load(folder)
      const failed = folders.map((folder) => this.#failed.get(folder.path)?.reason).find(Boolean)
      if (failed) throw new AppError('upstream-unavailable', `the model cannot be loaded: ${failed}`)
    })
  }

  /** Takes a model out; work that was accepted is finished first. @throws AppError `not-found` */
  unload(name: string): Promise<void> {
    return this.#oneByOne(async () => {
      const { versions } = this.#find(name)
      this.#named.delete(name)
      this.#unwanted.add(name)
      await Promise.all([...versions.values()].map(({ model }) => this.#retire(model)))
      for (const { model } of versions.values()) this.#predictions?.unloaded(model)
    })
  }

  index(): IndexRow[] {
    const loaded = this.all().map(({ name, version }) => ({
      name,
      version,
      state: 'READY' as const,
      reason: '',
    }))
    const failed = [...this.#failed.values()].map(({ name, reason }) => ({
      name,
      version: '',
      state: 'UNAVAILABLE' as const,
      reason,
    }))
    return [...loaded, ...failed]
  }

  /** Why folders could not be loaded, one line each. */
  failures(): string[] {
    return [...this.#failed].map(([path, { reason }]) => `${path}: ${reason}`)
  }

  /** Finishes what was accepted, then frees everything. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#oneByOne(async () => {
      await Promise.all(this.all().map((model) => this.#retire(model)))
      this.#named.clear()
    })
  }

  async #load(folder: ModelFolder): Promise<void> {
    const started = performance.now()
    try {
      const bytes = await readModel(folder, { withInt8: this.#options.precision !== 'fp32' })
      const { name, version } = bytes.manifest
      const other = this.#named.get(name)?.versions.get(version)
      if (other && other.folder.path !== folder.path)
        throw new Error(`version ${version} is in ${other.folder.path} too`)
      const readMs = performance.now() - started
      const model = await loadModel(bytes, this.#options, this.#metrics.batches(name, version))
      await this.#predictions?.loaded(bytes.manifest, folder.path)
      this.#failed.delete(folder.path)
      this.#down.delete(folder.path)
      const named = this.#named.get(name) ?? {
        versions: new Map(),
        routing: await readRouting(this.#root, name),
      }
      this.#named.set(name, named)
      named.versions.set(version, { folder, model })
      // From here on new work goes to the new session; the old one finishes what it has.
      if (other) this.#background(this.#retire(other.model), 'the old session could not be closed')
      this.#watch(folder, model)
      const { provider, adapter, refused, runtime } = model.session
      const phases = { readMs, ...model.phases }
      const { digest, precision, because } = model
      this.#metrics.loaded(model, phases)
      this.#log.info(
        {
          ...{ model: name, version, provider, adapter, refused, runtime, digest },
          ...{ precision, ...(because && { because }), ...phases },
        },
        'model loaded',
      )
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#failed.set(folder.path, { name: folder.name, stamp: folder.stamp, reason })
      this.#metrics.loadFailures.inc({ model: folder.name })
      this.#log.error({ folder: folder.path, err: error }, 'model could not be loaded')
    }
  }

  /** A thread that ends by itself is replaced. */
  #watch(folder: ModelFolder, model: LoadedModel): void {
    const replace = async () => {
      const current = this.#named.get(model.name)?.versions.get(model.version)
      if (this.#closed || current?.model !== model) return
      this.#log.error(
        { model: model.name, version: model.version },
        'the inference thread has ended; it is started again',
      )
      // It stays in its place, where calls get 503 and not 404, until its successor takes over.
      this.#down.add(folder.path)
      await this.#oneByOne(async () => {
        // A GPU that is lost to one is lost to all that share it, and comes back only when none holds it any more.
        const { provider } = model.session
        const sharing =
          provider === 'cpu'
            ? []
            : this.all().filter((other) => other !== model && other.session.provider === provider)
        await Promise.all(sharing.map((other) => other.session.check()))
        await this.#load(folder)
      })
    }
    this.#background(model.session.ended.then(replace), 'the inference thread could not be started again')
  }

  async #reroute(name: string): Promise<void> {
    const named = this.#named.get(name)
    if (!named) return
    try {
      named.routing = await readRouting(this.#root, name)
    } catch (error) {
      this.#log.error({ model: name, err: error }, 'routing.json cannot be read; the former routing stays')
    }
  }

  async #retire(model: LoadedModel): Promise<void> {
    await model.batcher.drain()
    await model.session.close()
    this.#metrics.unloaded(model)
    this.#log.info({ model: model.name, version: model.version }, 'model unloaded')
  }

  #isCurrent(folder: ModelFolder): boolean {
    if (this.#down.has(folder.path)) return false
    const versions = this.#named.get(folder.name)?.versions
    return [...(versions?.values() ?? [])].some(
      (version) => version.folder.path === folder.path && version.folder.stamp === folder.stamp,
    )
  }

  #find(name: string): Named {
    const named = this.#named.get(name)
    if (!named) throw new AppError('not-found', `model ${JSON.stringify(name.slice(0, 64))} is not loaded`)
    return named
  }

  /** Loading and unloading never overlap. */
  #oneByOne<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#changes.then(change)
    this.#changes = result.catch(() => undefined)
    return result
  }

  #background(work: Promise<unknown>, message: string): void {
    work.catch((err: unknown) => this.#log.error({ err }, message))
  }
}
