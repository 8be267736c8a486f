import { resolve } from 'node:path'

/** Real images and measurements that lie beside the project on some machines; tests that need them skip elsewhere. */
export const sharedDir = (): string => resolve(import.meta.dirname, '../../../shared')
