/**
 * Which of the shipped models is served where none is named: of both, the one that holds better in sources that training has not seen
 * (docs/decisions/0029-default-model.md). Folder below models/.
 */
export const DEFAULT_MODEL = 'mobilenet-v2-160'
