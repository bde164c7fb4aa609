import { z } from 'zod'
import { AppError } from './domain/errors.ts'

/**
 * Every setting once. The name is the environment variable; `meaning` is the sentence in docs/settings.md.
 * A secret is never told, neither in errors nor in logs.
 */
export interface Setting<S extends z.ZodType = z.ZodType> {
  readonly schema: S
  /** As it would stand in the environment; undefined when there is none. */
  readonly fallback: string | undefined
  readonly meaning: string
  readonly secret: boolean
}

function setting<S extends z.ZodType>(schema: S, fallback: string | undefined, meaning: string, secret?: 'secret'): Setting<S> {
  return { schema, fallback, meaning, secret: secret === 'secret' }
}

const whole = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(least).max(most))
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
)
const HOST_NAME = /^(?:[A-Za-z0-9._-]{1,253}|\[?[0-9A-Fa-f:.]{2,45}\]?)$/
const webAddress = z.url({ protocol: /^https?$/, message: 'must be an http or https address' }).transform((address) => address.replace(/\/+$/, ''))
const origin = z.string().refine((text) => URL.canParse(text) && new URL(text).origin === text, 'must be an origin such as https://app.example.com')

export const SETTINGS = {
  HOST: setting(
    z.string().regex(HOST_NAME, 'must be a host name or an address'),
    '127.0.0.1',
    'Address to listen on. Anything beyond this machine needs QUARRY_TOKEN to be set.',
  ),
  PORT: setting(whole(0, 65_535), '8000', 'Port to listen on; 0 takes any free one.'),
  QUARRY_DATA: setting(z.string().min(1), './data', 'Folder for everything that Quarry keeps; one process owns it at a time.'),
  QUARRY_TOKEN: setting(
    z
      .string()
      .min(32, 'must have at least 32 characters')
      .max(512)
      .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without blanks')
      .optional(),
    undefined,
    "The owner's token, at least 32 characters. Without it one is made and kept in the data folder in the file token.",
    'secret',
  ),
  QUARRY_SAMPLE: setting(z.enum(['on', 'off']), 'on', 'Whether the first start of a data folder loads the sample database: on or off.'),
  LOG_LEVEL: setting(z.enum(['silent', 'error', 'warn', 'info']), 'info', 'How much is logged: silent, error, warn or info.'),
  ALLOWED_HOSTS: setting(
    list.pipe(z.array(z.string().regex(HOST_NAME, 'must be host names without port'))),
    '',
    'Further host names that the server answers for, with commas; this machine and HOST always count.',
  ),
  CORS_ORIGINS: setting(list.pipe(z.array(origin)), '', 'Origins of web pages elsewhere that may call the API, with commas.'),
  TRUSTED_PROXIES: setting(
    list.pipe(z.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], 'must be addresses or ranges such as 10.0.0.0/8'))),
    '',
    'Addresses or ranges of proxies whose X-Forwarded-For is believed for the client address in the log, with commas.',
  ),
  MAX_UPLOAD_MIB: setting(whole(1, 1_048_576), '4096', 'Largest file that is taken in, in MiB.'),
  REQUEST_TIMEOUT_SECONDS: setting(
    whole(1, 3600),
    '60',
    'How long a client may keep the server waiting: for a whole JSON body, or for the next piece of an upload, in seconds.',
  ),
  CONCURRENCY: setting(z.union([z.literal('auto'), whole(1, 256)]), 'auto', 'Documents that are read and indexed at the same time; auto fits the machine.'),
  EXTRACT_TIMEOUT_SECONDS: setting(whole(1, 86_400), '300', 'Longest time that reading one document may take, in seconds.'),
  EXTRACT_MEMORY_MIB: setting(whole(128, 65_536), '512', 'Most memory that reading one document may take, in MiB.'),
  EXTRACT_MAX_MIB: setting(whole(1, 65_536), '1024', 'Largest document that is read, in MiB; archives may be larger, their entries not.'),
  EXTRACT_OCR: setting(z.enum(['on', 'off']), 'on', 'Whether text is read from pictures and scanned pages: on or off.'),
  OPENAI_API_KEY: setting(z.string().min(1).optional(), undefined, 'Key for openai: models.', 'secret'),
  OPENAI_BASE_URL: setting(webAddress, 'https://api.openai.com/v1', 'Address of an OpenAI-compatible server for openai: models.'),
  OLLAMA_URL: setting(webAddress, 'http://127.0.0.1:11434', 'Address of an Ollama server for ollama: models.'),
  CHAT_MODEL: setting(
    z
      .string()
      .regex(/^(?:openai|ollama):\S{1,180}$/, 'must be openai:NAME or ollama:NAME')
      .optional(),
    undefined,
    'Language model that writes answers, such as openai:gpt-4o-mini. Without it answers are the best sentences, quoted.',
  ),
  EMBEDDING_MODEL: setting(
    z.string().regex(/^(?:none|[a-z0-9]+:\S{1,180})$/, 'must be none or PROVIDER:NAME'),
    'none',
    'Embedding model of new databases that do not name one, such as openai:text-embedding-3-small; none means lexical search alone.',
  ),
  MODELS_FOLDER: setting(z.string().min(1).optional(), undefined, 'Folder with local models; by default the folder models in the data folder.'),
  QUARRY_KILL_AT: setting(
    z
      .string()
      .regex(/^[a-z/-]{1,60}(?::\d{1,6})?$/, 'must be PLACE or PLACE:N')
      .optional(),
    undefined,
    'For crash tests: the process kills itself when it reaches the named place for the N-th time.',
  ),
} as const satisfies Record<string, Setting>

export type SettingName = keyof typeof SETTINGS
export type Settings = { readonly [Name in SettingName]: z.output<(typeof SETTINGS)[Name]['schema']> }
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the settings; an empty variable counts as not set.
 * @returns the settings, and warnings for QUARRY_ variables that nothing reads
 * @throws AppError settings/invalid naming every wrong setting at once, never a value
 */
export function readSettings(environment: Environment): { readonly settings: Settings; readonly warnings: readonly string[] } {
  const problems: string[] = []
  const read: Record<string, unknown> = {}
  for (const [name, { schema, fallback }] of Object.entries(SETTINGS)) {
    const given = environment[name]
    const result = schema.safeParse(given === undefined || given === '' ? fallback : given)
    if (result.success) read[name] = result.data
    else problems.push(`${name} ${reasonOf(result.error)}`)
  }
  const host = read.HOST
  if (typeof host === 'string' && !isLoopback(host) && (environment.QUARRY_TOKEN ?? '') === '') {
    problems.push('HOST reaches beyond this machine, which needs QUARRY_TOKEN to be set (at least 32 characters)')
  }
  if (problems.length > 0) throw new AppError('settings/invalid', { problems })
  // Every key of SETTINGS was read by its own schema just above.
  return { settings: read as unknown as Settings, warnings: unknownNames(environment) }
}

/** True for names and addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase()
  return bare === 'localhost' || bare === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(bare)
}

function reasonOf(error: z.ZodError): string {
  const message = error.issues[0]?.message ?? 'is wrong'
  // Messages speak of what is expected; none of the schemas above repeats the value.
  return message.replace(/^Invalid (?:input|string|option): /, '').replace(/^expected/, 'must be')
}

function unknownNames(environment: Environment): string[] {
  const known = Object.keys(SETTINGS)
  return Object.keys(environment)
    .filter((name) => name.startsWith('QUARRY_') && !known.includes(name))
    .map((name) => {
      const shown = name.slice(0, 80)
      const nearest = known.map((one) => ({ one, distance: distance(shown, one) })).sort((a, b) => a.distance - b.distance)[0]
      const meant = nearest !== undefined && nearest.distance <= 4 ? `; did you mean ${nearest.one}?` : ''
      return `${shown} is not a setting${meant}`
    })
}

/** Levenshtein distance of two short names. */
function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= right.length; j += 1) {
      const substituted = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substituted))
    }
    row = next
  }
  return row[right.length] ?? 0
}
