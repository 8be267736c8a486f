/// <reference types="vite/client" />

/** sha256 of model/manifest.json beside the page; null where the page was built without a model. */
declare const __MODEL_MANIFEST_SHA256__: string | null
