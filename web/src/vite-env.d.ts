/// <reference types="vite/client" />

/** Whether the build wrote service-worker.js; vite's development server has none. */
declare const __SERVICE_WORKER__: boolean

/** sha256 of model/manifest.json beside the page; null where the page was built without a model. */
declare const __MODEL_MANIFEST_SHA256__: string | null
