/** Kinds of images of the work list by what was decided, and all of them. */
export const FILTERS = ['all', 'flagged', 'undecided', 'clear', 'unscored'] as const
export type Filter = (typeof FILTERS)[number]
export const ORDERS = ['added', 'urgent', 'name'] as const
export type Order = (typeof ORDERS)[number]
