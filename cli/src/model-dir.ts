import { existsSync, readdirSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AppError } from '@detl/core/api/problem'

/** The models that come with this checkout, wherever a command is called from. */
export const SHIPPED_MODELS = fileURLToPath(new URL('../../models/', import.meta.url))

/**
 * Folder of the model that a user names: a folder of their own, from the working directory, or the name of one of the shipped models.
 * @param name `detl-128`, `models/detl-128`, `/srv/models/ours`
 * @throws AppError request-invalid that says where it was looked for
 */
export function findModel(name: string): string {
  const places = isAbsolute(name)
    ? [name]
    : [resolve(name), join(SHIPPED_MODELS, name), join(SHIPPED_MODELS, '..', name)]
  const found = places.find((place) => existsSync(join(place, 'manifest.json')))
  if (found) return found
  const isModel = (folder: string) => existsSync(join(SHIPPED_MODELS, folder, 'manifest.json'))
  const shipped = existsSync(SHIPPED_MODELS) ? readdirSync(SHIPPED_MODELS).filter(isModel).join(', ') : 'none'
  throw new AppError(
    'request-invalid',
    `no model "${name}": a folder with a manifest.json is wanted (looked in ${places.slice(0, 2).join(' and ')}), or one of the models here: ${shipped}`,
  )
}
