import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DICOM_OBJECTS } from '@detl/core/api/dicom-objects'
import { AppError } from '@detl/core/api/problem'
import { LANGUAGES } from '@detl/core/model/classes'
import * as z from 'zod'
import type { TlsFiles } from './tls.ts'

/** An application entity's title: 1 to 16 printable characters, no backslash (PS3.5, section 6.2). */
const aeTitle = z.string().regex(/^(?! )[ -[\]-~]{1,16}(?<! )$/, 'an AE title has 1 to 16 characters')
const port = z.int().min(1).max(65_535)
const file = z.string().min(1)
const seconds = z.number().positive()

/** See `TlsFiles`. */
const tls = z.strictObject({ key: file.optional(), cert: file.optional(), ca: file.optional() })

/** Headers for a server, such as Authorization. */
const headers = z.record(z.string(), z.string()).default({})

const dicomObjects = z.array(z.enum(DICOM_OBJECTS)).min(1).default(['sr', 'sc'])

const dimseDestination = z.strictObject({
  kind: z.literal('dimse'),
  aet: aeTitle,
  host: z.string(),
  port,
  objects: dicomObjects,
  /** An answer is delivered once the archive has committed itself to keep it (Storage Commitment), within so many seconds; else it is sent again. */
  commitment: z.strictObject({ waitS: z.number().positive().max(3600).default(60) }).optional(),
  tls: tls.optional(),
})
const stowDestination = z.strictObject({
  kind: z.literal('stow'),
  /** Of the DICOMweb service, without /studies. */
  url: z.url(),
  objects: dicomObjects,
  headers,
  tls: tls.optional(),
})
const hl7Destination = z.strictObject({
  kind: z.literal('hl7'),
  host: z.string(),
  port,
  tls: tls.optional(),
  /** MSH-3 to MSH-6. */
  sender: z.string().max(180).default('DETL'),
  senderFacility: z.string().max(180).default(''),
  receiver: z.string().max(180).default(''),
  receiverFacility: z.string().max(180).default(''),
  /** What goes with the scores as encapsulated data: the overlay, the report on paper, or nothing. */
  image: z.enum(['png', 'pdf', 'none']).default('png'),
})
const fhirDestination = z.strictObject({
  kind: z.literal('fhir'),
  url: z.url(),
  /** System of the identifiers that DICOM calls Patient ID: the server finds the patient by it. Without it no patient is named. */
  patientSystem: z.string().optional(),
  headers,
  /** SMART Backend Services: how to get a token. */
  smart: z
    .strictObject({
      clientId: z.string(),
      /** Private key, a JWK in a file, with `kid` and `alg` (ES384 or RS384). */
      key: file,
      /** Without it the server's .well-known/smart-configuration says. */
      tokenUrl: z.url().optional(),
      scope: z.string().default('system/DiagnosticReport.cu system/Patient.rs'),
    })
    .optional(),
  tls: tls.optional(),
})
const destination = z.discriminatedUnion('kind', [
  dimseDestination,
  stowDestination,
  hl7Destination,
  fhirDestination,
])
export type DimseDestination = z.infer<typeof dimseDestination>
export type StowDestination = z.infer<typeof stowDestination>
export type Hl7Destination = z.infer<typeof hl7Destination>
export type FhirDestination = z.infer<typeof fhirDestination>
export type Destination = z.infer<typeof destination>

const configSchema = z.strictObject({
  service: z.strictObject({
    url: z.url(),
    /** The API key in a file of its own; without it the environment variable DETL_KEY has it. */
    keyFile: file.optional(),
    tls: tls.optional(),
  }),
  /** Folder of the queue and of the images that wait. */
  data: file,
  /** C-ECHO and C-STORE from modalities and archives. */
  dimse: z
    .strictObject({
      aet: aeTitle.default('DETL'),
      host: z.string().default('127.0.0.1'),
      port: port.default(11_112),
      /** Who may call, and from where; nobody else may. */
      callers: z.array(z.strictObject({ aet: aeTitle, address: z.string().optional() })),
      maxAssociations: z.int().min(1).max(1000).default(32),
      associateWithinS: z.number().positive().max(600).default(30),
      tls: tls.optional(),
    })
    .optional(),
  /** Status page, metrics, and STOW-RS where a token is set. */
  http: z
    .strictObject({
      host: z.string().default('127.0.0.1'),
      port: port.default(8790),
      stow: z.strictObject({ tokenFile: file }).optional(),
      tls: tls.optional(),
    })
    .optional(),
  folders: z.array(z.strictObject({ path: file, everyS: seconds.default(5) })).default([]),
  /** Archives that are asked for new images (QIDO-RS, WADO-RS). */
  poll: z
    .array(
      z.strictObject({
        url: z.url(),
        everyS: seconds.default(60),
        /** Studies of the last so many days. */
        days: z.int().min(0).default(1),
        headers,
        tls: tls.optional(),
      }),
    )
    .default([]),
  destinations: z.record(z.string().regex(/^[a-z][a-z0-9-]{0,30}$/), destination),
  retry: z
    .strictObject({
      firstS: seconds.default(5),
      longestS: seconds.default(900),
      /** Afterwards it is a dead letter. */
      giveUpAfterS: seconds.default(172_800),
    })
    .prefault({}),
  limits: z
    .strictObject({
      /** Of one object. */
      maxBytes: z
        .int()
        .positive()
        .default(64 * 2 ** 20),
      /** Images that may wait; more are refused at the door, and their sender keeps them. */
      maxWaiting: z.int().positive().default(10_000),
    })
    .prefault({}),
  /** Of what people read in the answers. */
  language: z.enum(LANGUAGES).default('en'),
  /** How long it is remembered which images were done. */
  keepDays: z.int().min(1).default(90),
})
export type GatewayConfig = z.infer<typeof configSchema>

/**
 * What a gateway is to do, from its JSON file. Paths in it are relative to the file.
 * @throws AppError request-invalid, with what is wrong and where
 */
export function readConfig(path: string): GatewayConfig {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new AppError('request-invalid', `${path} cannot be read as JSON: ${(cause as Error).message}`, {
      cause,
    })
  }
  return parseConfig(json, dirname(resolve(path)), path)
}

/** @param base folder that relative paths start from; `name` stands in messages */
export function parseConfig(json: unknown, base: string, name = 'the configuration'): GatewayConfig {
  const parsed = configSchema.safeParse(json)
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path: at, message }) => `${at.join('.') || 'at the top'}: ${message}`,
    )
    throw new AppError('request-invalid', `${name}: ${problems.join('; ')}`)
  }
  const config = parsed.data
  if (!config.dimse && !config.http?.stow && config.folders.length + config.poll.length === 0)
    throw new AppError(
      'request-invalid',
      `${name} names no way in: add dimse, http.stow, folders or poll (docs/gateway.md)`,
    )
  if (Object.keys(config.destinations).length === 0)
    throw new AppError('request-invalid', `${name}: destinations is empty: answers would go nowhere`)
  for (const [at, one] of Object.entries(config.destinations))
    if (one.kind === 'dimse' && one.commitment && !config.dimse?.callers.some(({ aet }) => aet === one.aet))
      throw new AppError(
        'request-invalid',
        `${name}: destinations.${at}.commitment: the archive reports to the gateway: add { "aet": "${one.aet}" } to dimse.callers`,
      )
  return absolute(config, base)
}

/** The same with every path absolute. */
function absolute(config: GatewayConfig, base: string): GatewayConfig {
  const at = (path: string) => resolve(base, path)
  const files = (given: TlsFiles | undefined) =>
    given && Object.fromEntries(Object.entries(given).map(([key, path]) => [key, path && at(path)]))
  const { service, dimse, http, folders, poll, destinations } = config
  return {
    ...config,
    data: at(config.data),
    service: {
      ...service,
      ...(service.keyFile && { keyFile: at(service.keyFile) }),
      tls: files(service.tls),
    },
    dimse: dimse && { ...dimse, tls: files(dimse.tls) },
    http: http && {
      ...http,
      tls: files(http.tls),
      ...(http.stow && { stow: { tokenFile: at(http.stow.tokenFile) } }),
    },
    folders: folders.map((one) => ({ ...one, path: at(one.path) })),
    poll: poll.map((one) => ({ ...one, tls: files(one.tls) })),
    destinations: Object.fromEntries(
      Object.entries(destinations).map(([name, one]) => [
        name,
        {
          ...one,
          tls: files(one.tls),
          ...(one.kind === 'fhir' && one.smart && { smart: { ...one.smart, key: at(one.smart.key) } }),
        } as Destination,
      ]),
    ),
  }
}
