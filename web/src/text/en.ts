import type { ProblemCode } from '@detl/core/api/problem'
import type { Label } from '@detl/core/model/labels'

/** What goes wrong in the page itself, beside the endpoint's problems. */
export type LocalProblem = 'offline' | 'answer-not-understood' | 'no-key' | 'device-failed' | 'model-damaged'
/** A code without an entry is shown in the words of the endpoint; a test asks for an entry of each. */
type Advice = Partial<Record<ProblemCode, Words>> & Record<LocalProblem, Words>
export type Words = { readonly title: string; readonly advice: string }

/** Every word of the page. Another language is another object of this type. */
export type Text = {
  readonly name: string
  readonly title: string
  readonly tagline: string
  readonly skipToResult: string
  readonly disclaimer: string
  readonly disclaimerMore: readonly string[]
  readonly about: string
  readonly close: string
  readonly labels: Record<Label, { name: string; explained: string }>
  readonly intake: Record<
    'heading' | 'lead' | 'choose' | 'photograph' | 'sample' | 'paste' | 'drop' | 'formats' | 'add',
    string
  >
  readonly key: Record<
    | 'add'
    | 'set'
    | 'heading'
    | 'lead'
    | 'label'
    | 'save'
    | 'forget'
    | 'malformed'
    | 'needed'
    | 'where'
    | 'show',
    string
  >
  readonly settings: Record<
    'language' | 'theme' | 'themeAuto' | 'themeLight' | 'themeDark' | 'where' | 'endpoint' | 'device',
    string
  > & {
    endpointHint: string
    deviceHint: string
    apiReference: string
  }
  readonly list: {
    heading: string
    progress(done: number, all: number): string
    waiting: string
    reading: string
    scoring: string
    failed: string
    remove(name: string): string
    clear: string
    retry: string
    scoreHere: string
    finished(name: string, label: string, percent: string): string
    cannotShow: string
    synthetic: string
  }
  readonly viewer: Record<
    | 'label'
    | 'zoomIn'
    | 'zoomOut'
    | 'fit'
    | 'pan'
    | 'contrast'
    | 'tools'
    | 'level'
    | 'width'
    | 'reset'
    | 'loading'
    | 'fullRange'
    | 'keys',
    string
  > & { heatOf(label: string): string; noHeat: string }
  readonly result: {
    heading: string
    scores: string
    highest: string
    lead(label: string, percent: string): string
    unclear: string
    above(threshold: string): string
    below(threshold: string): string
    noThreshold: string
    measured(sensitivity: string, specificity: string): string
    showHeat: string
    opacity: string
    heatLow: string
    heatHigh: string
    heatPeak(percent: string): string
    noEvidence: string
    scale: string
    warnings: string
    details: string
    model: string
    servedBy: string
    servers: Record<'gpu' | 'edge' | 'device', string>
    image: string
    time: string
    requestId: string
    hint: string
  }
  readonly exports: Record<'heading' | 'print' | 'png' | 'fhir' | 'dicom' | 'json' | 'working', string>
  readonly warnings: Readonly<Record<string, string>>
  /** Why an image was refused: the code that opens the detail of 'image-unsuitable'. */
  readonly refusals: Readonly<Record<string, string>>
  readonly problems: Advice
}

export const en: Text = {
  name: 'English',
  title: 'Chest X-ray screening',
  tagline: 'Four scores, and where the model looked',
  skipToResult: 'Skip to the result',
  disclaimer:
    'Research software, not a medical device. The scores assist a qualified reader; they are not a diagnosis.',
  disclaimerMore: [
    'It scores frontal chest X-rays of adults for four groups. It does not see anything else: no fracture, no nodule, no tube, no heart failure.',
    'A high score for normal does not rule out disease. A low score for COVID-19 does not rule out an infection: use a test.',
    'The heat map shows where the network’s evidence came from. It is not the outline of a finding.',
    'Scores may be wrong on images that differ from those it was trained on: other machines, children, photographs of films, drawings on the image.',
    'Do not use it to decide on treatment.',
  ],
  about: 'What this is not',
  close: 'Close',
  labels: {
    normal: { name: 'Normal', explained: 'no sign of the groups below' },
    other_disease: {
      name: 'Other disease',
      explained: 'a finding in the chest that is neither of the next two',
    },
    pneumonia: { name: 'Pneumonia', explained: 'inflamed lung, not from COVID-19' },
    covid19: { name: 'COVID-19', explained: 'a pattern as in COVID-19 pneumonia' },
  },
  intake: {
    heading: 'Screen a chest X-ray',
    lead: 'Drop images anywhere on this page, paste one, or choose a way:',
    choose: 'Choose images',
    photograph: 'Take a photograph',
    sample: 'Try the synthetic sample',
    paste: 'You can also paste an image with Ctrl+V or ⌘V.',
    drop: 'Drop to screen',
    formats: 'Frontal chest X-rays as PNG, JPEG or DICOM, up to 64 MB each.',
    add: 'Add images',
  },
  key: {
    add: 'Add API key',
    set: 'API key',
    heading: 'API key',
    lead: 'The endpoint needs a key. It stays in this browser tab and is forgotten when you close it.',
    label: 'Key',
    save: 'Use this key',
    forget: 'Forget the key',
    malformed: 'A key begins with detl_ and goes on with at least 8 letters and digits.',
    needed: 'Add an API key to go on',
    where: 'A local start prints a demo key.',
    show: 'Show the key',
  },
  settings: {
    language: 'Language',
    theme: 'Colours',
    themeAuto: 'As the system',
    themeLight: 'Light',
    themeDark: 'Dark',
    where: 'Where images are scored',
    endpoint: 'Endpoint',
    device: 'This device',
    endpointHint: 'Images are sent to the endpoint, scored there and not kept.',
    deviceHint: 'Images stay on this device. Works offline.',
    apiReference: 'API reference',
  },
  list: {
    heading: 'Images',
    progress: (done, all) => `${done} of ${all} done`,
    waiting: 'Waiting',
    reading: 'Reading',
    scoring: 'Scoring',
    failed: 'Not scored',
    remove: (name) => `Remove ${name}`,
    clear: 'Clear the list',
    retry: 'Try again',
    scoreHere: 'Score on this device',
    finished: (name, label, percent) => `${name}: highest score ${label}, ${percent}`,
    cannotShow: 'This image cannot be shown.',
    synthetic: 'Synthetic image, not a patient',
  },
  viewer: {
    label: 'X-ray viewer',
    zoomIn: 'Zoom in',
    zoomOut: 'Zoom out',
    fit: 'Fit to view',
    pan: 'Move',
    contrast: 'Window',
    tools: 'What dragging does',
    level: 'Level',
    width: 'Width',
    reset: 'As the model saw it',
    fullRange: 'Full range',
    loading: 'Reading the image …',
    keys: 'Keys: plus and minus zoom, 0 fits, arrows move, Shift with arrows changes level and width.',
    heatOf: (label) => `with the heat map for ${label}`,
    noHeat: 'without a heat map',
  },
  result: {
    heading: 'Result',
    scores: 'Scores and heat map',
    highest: 'Highest score',
    lead: (label, percent) => `The model gives most of its score, ${percent}, to ${label}.`,
    unclear: 'No group stands out: the model is undecided on this image.',
    above: (threshold) => `above the threshold of ${threshold}`,
    below: (threshold) => `below the threshold of ${threshold}`,
    noThreshold: 'This model has no thresholds yet: read the scores side by side only.',
    measured: (sensitivity, specificity) =>
      `On test images this threshold found ${sensitivity} of this class and cleared ${specificity} of the others.`,
    showHeat: 'Show the heat map',
    opacity: 'Strength',
    heatLow: 'no evidence',
    heatHigh: 'strongest of all classes',
    heatPeak: (percent) => `Heat peak ${percent} of the strongest`,
    noEvidence: 'No evidence found for this class; its map is empty.',
    scale: 'Heat scale, the same for all four classes',
    warnings: 'Image quality',
    details: 'Details',
    model: 'Model',
    servedBy: 'Scored',
    servers: { gpu: 'on the GPU server', edge: 'at the edge', device: 'on this device' },
    image: 'Image',
    time: 'Time',
    requestId: 'Request',
    hint: 'Choose a class to see its heat map.',
  },
  exports: {
    heading: 'Save',
    print: 'Print or PDF',
    png: 'PNG',
    fhir: 'FHIR report',
    dicom: 'DICOM',
    json: 'JSON',
    working: 'Preparing …',
  },
  warnings: {
    small: 'The image has few pixels; a larger one may score differently.',
    photograph: 'It looks like a photograph of a film or screen.',
    'under-exposed': 'Much of the image is at its darkest level.',
    'over-exposed': 'Much of the image is at its brightest level.',
    'cut-off': 'The image is unusually long: parts of the chest may be missing.',
    'maybe-inverted': 'It may be inverted (bone dark); it was scored as it is.',
    'maybe-rotated': 'It may be rotated; it was scored as it is.',
    'corrected-inverted': 'It was inverted; it was scored, and is shown, with bone bright.',
    'corrected-rotated-90': 'It was turned clockwise; it was scored, and is shown, upright.',
    'corrected-rotated-180': 'It lay upside down; it was scored, and is shown, upright.',
    'corrected-rotated-270': 'It was turned anticlockwise; it was scored, and is shown, upright.',
  },
  refusals: {
    'wrong-modality': 'The file says that it is not an X-ray.',
    'wrong-body-part': 'The file says that it shows another part of the body.',
    lateral: 'The file says that it is a view from the side.',
    'too-small': 'It has too few pixels.',
    blank: 'It has next to no contrast.',
    colour: 'It is a colour picture.',
    'not-a-chest-x-ray': 'It is unlike the frontal chest X-rays that the model knows.',
  },
  problems: {
    'request-invalid': { title: 'The request was not valid', advice: 'Reload the page and try again.' },
    'image-missing': { title: 'The file is empty', advice: 'Choose another file.' },
    'key-missing': { title: 'An API key is needed', advice: 'Add your key at the top of the page.' },
    'key-invalid': {
      title: 'This API key is not accepted',
      advice: 'Check for a missing letter. It may also have been revoked.',
    },
    'not-found': {
      title: 'The endpoint does not offer this',
      advice: 'Reload the page; it may be out of date.',
    },
    'method-not-allowed': {
      title: 'The endpoint does not offer this',
      advice: 'Reload the page; it may be out of date.',
    },
    'image-too-large': {
      title: 'The image is too large',
      advice: 'Export it with fewer pixels, at most 5,000 a side.',
    },
    'body-too-large': { title: 'The file is too large', advice: 'Files may have up to 64 MB.' },
    'image-unsupported': {
      title: 'This kind of file cannot be read',
      advice: 'Use PNG, JPEG or DICOM. HEIC photographs: switch the camera to JPEG.',
    },
    'image-undecodable': {
      title: 'The file is damaged or incomplete',
      advice: 'Export it again from where it came from.',
    },
    'image-unsuitable': {
      title: 'This does not look like a frontal chest X-ray',
      advice: 'Scores are only given for frontal chest X-rays.',
    },
    'token-invalid': { title: 'This sign-in has run out', advice: 'Sign in again, or use an API key.' },
    'credits-exhausted': {
      title: 'No credits are left',
      advice: 'Ask the owner of the account to add some.',
    },
    'scope-missing': {
      title: 'This key may not do that',
      advice: 'Ask the owner of the account for another key.',
    },
    'quota-exhausted': {
      title: 'The quota is used up',
      advice: 'Ask the owner of the account, or score on this device.',
    },
    'concurrency-limited': { title: 'Too many images at once', advice: 'Wait a moment and try again.' },
    'idempotency-in-flight': {
      title: 'This image is still being scored',
      advice: 'Wait a moment and try again.',
    },
    'not-acceptable': { title: 'The endpoint does not offer this format', advice: 'Choose another one.' },
    'rate-limited': { title: 'Too many requests', advice: 'Wait a moment and try again.' },
    internal: {
      title: 'Something went wrong on the server',
      advice: 'Try again. If it stays, tell the operator the request number.',
    },
    'upstream-invalid': {
      title: 'The model’s answer could not be used',
      advice: 'Try again. If it stays, tell the operator.',
    },
    'upstream-unavailable': {
      title: 'The model is not available',
      advice: 'Try again shortly, or score on this device.',
    },
    'upstream-timeout': {
      title: 'The model did not answer in time',
      advice: 'Try again shortly, or score on this device.',
    },
    offline: {
      title: 'The endpoint cannot be reached',
      advice: 'Check the connection, or score on this device.',
    },
    'answer-not-understood': {
      title: 'The answer was not understood',
      advice: 'Reload the page; it may be out of date.',
    },
    'no-key': { title: 'An API key is needed', advice: 'Add your key at the top of the page.' },
    'device-failed': {
      title: 'Scoring on this device failed',
      advice: 'The device may lack memory. Try the endpoint.',
    },
    'model-damaged': {
      title: 'The model was not loaded whole',
      advice: 'Its checksum does not match. Check the connection and try again.',
    },
  },
}
