/** Names of nodes and values that are of the network that outlines lungs, in a model that has one. */
export const PREFIX = 'lungs/'
