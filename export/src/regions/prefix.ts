/** Names of nodes and values that are of the network that outlines lungs, in a model that has one. */
export const PREFIX = 'lungs/'
/** The key of its facts in the metadata of its own file. */
export const LUNGS_METADATA = 'detl.lungs'
