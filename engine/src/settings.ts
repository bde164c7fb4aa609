import { z } from 'zod'
import { AppError } from './domain/errors.ts'
import { CHAT_PROVIDERS, RERANK_PROVIDERS } from './domain/models.ts'
import type { Price } from './domain/prices.ts'

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
const modelOf = (providers: readonly string[], none = '') =>
  z
    .string()
    .regex(
      new RegExp(`^(?:${none === '' ? '' : `${none}|`}(?:${providers.join('|')}):\\S{1,180})$`),
      `must be PROVIDER:NAME with one of ${providers.join(', ')}${none === '' ? '' : `, or ${none}`}`,
    )
    .optional()
const origin = z.string().refine((text) => URL.canParse(text) && new URL(text).origin === text, 'must be an origin such as https://app.example.com')

export const SETTINGS = {
  HOST: setting(
    z.string().regex(HOST_NAME, 'must be a host name or an address'),
    '127.0.0.1',
    'Address to listen on. Anything beyond this machine needs an owner account first: quarry users claim EMAIL.',
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
    "The operator's token for this machine, at least 32 characters. Without it one is made and kept in the data folder in the file token.",
    'secret',
  ),
  QUARRY_SERVER: setting(
    z.string().min(1).max(2000).optional(),
    undefined,
    'For the command line: address of the server that its commands go to, such as https://quarry.example.com, instead of the one that "quarry login" keeps.',
  ),
  QUARRY_API_KEY: setting(
    z.string().min(1).max(4000).optional(),
    undefined,
    'For the command line: API key or token that its commands send to QUARRY_SERVER or --server, or without either to the server of this machine.',
    'secret',
  ),
  QUARRY_SAMPLE: setting(z.enum(['on', 'off']), 'on', 'Whether the first start of a data folder loads the sample database: on or off.'),
  QUARRY_WEB: setting(z.string().min(1), 'built-in', 'Folder of the built web app; built-in is the one that "npm start" builds, off serves none.'),
  LOG_LEVEL: setting(z.enum(['silent', 'error', 'warn', 'info']), 'info', 'How much is logged: silent, error, warn or info.'),
  ALLOWED_HOSTS: setting(
    list.pipe(z.array(z.string().regex(HOST_NAME, 'must be host names without port'))),
    '',
    'Further host names that the server answers for, with commas; this machine, HOST and the host of PUBLIC_URL always count.',
  ),
  CORS_ORIGINS: setting(list.pipe(z.array(origin)), '', 'Origins of web pages elsewhere that may call the API, with commas.'),
  TRUSTED_PROXIES: setting(
    list.pipe(z.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], 'must be addresses or ranges such as 10.0.0.0/8'))),
    '',
    'Addresses or ranges of proxies whose X-Forwarded-For is believed for the address of a client, with commas: limits count by it.',
  ),
  PUBLIC_URL: setting(
    origin.refine(isGuardedOrigin, 'must begin with https: unless it names this machine').optional(),
    undefined,
    'How people reach this server, such as https://quarry.example.com: links, cookies and sign-in providers need it. Without it the Host header of a request counts.',
  ),
  QUARRY_SECRET: setting(
    z.string().min(32, 'must have at least 32 characters').max(512).optional(),
    undefined,
    'Signs the sessions of visitors, at least 32 characters; the same for all processes of one server. Without it one is made and kept in the data folder.',
    'secret',
  ),
  JWT_SECRET: setting(
    z.string().min(32, 'must have at least 32 characters').max(512).optional(),
    undefined,
    'Machines that know it may sign tokens (HS256, with sub, aud "quarry", iat and exp) for an account; at least 32 characters.',
    'secret',
  ),
  OIDC_ISSUER: setting(webAddress.optional(), undefined, 'Address of an OpenID Connect provider, as its discovery document names it.'),
  OIDC_CLIENT_ID: setting(z.string().min(1).max(300).optional(), undefined, 'Client id at the provider; tokens must be made for it.'),
  OIDC_CLIENT_SECRET: setting(z.string().min(1).max(1000).optional(), undefined, 'Client secret at the provider, when it gave one.', 'secret'),
  OIDC_AUDIENCE: setting(z.string().min(1).max(300).optional(), undefined, 'Audience that access tokens must name, when it is not the client id.'),
  OIDC_SCOPES: setting(z.string().min(1).max(300), 'openid email profile', 'Scopes that are asked of the provider, with blanks.'),
  OIDC_GROUPS_CLAIM: setting(z.string().min(1).max(100), 'groups', 'Claim of a token that lists groups; cognito:groups with Cognito.'),
  OIDC_ROLES: setting(
    list.pipe(z.array(z.string().regex(/^[^=]{1,100}=(?:owner|member|viewer)$/, 'must be GROUP=ROLE, with the roles owner, member and viewer'))),
    '',
    'What the groups of a provider are here, such as admins=owner,staff=member; the highest counts.',
  ),
  OIDC_DEFAULT_ROLE: setting(
    z.enum(['member', 'viewer', 'none']),
    'viewer',
    'Role of who signs in through the provider and is in none of the groups: member, viewer, or none to keep them out.',
  ),
  COGNITO_USER_POOL_ID: setting(
    z
      .string()
      .regex(/^[\w-]{1,55}_[A-Za-z0-9]{1,40}$/, 'must look like us-east-1_AbCdEf123')
      .optional(),
    undefined,
    'Amazon Cognito user pool that people sign in with, instead of OIDC_ISSUER.',
  ),
  COGNITO_CLIENT_ID: setting(z.string().min(1).max(300).optional(), undefined, 'App client of the user pool.'),
  COGNITO_ENDPOINT: setting(webAddress.optional(), undefined, 'Where the user pool answers, for a local stand-in; by default the service in AWS_REGION.'),
  AWS_REGION: setting(
    z
      .string()
      .regex(/^[a-z0-9-]{3,30}$/, 'must look like us-east-1')
      .optional(),
    undefined,
    'Region of AWS services: bedrock: and sagemaker: models are asked there, with the credentials of the AWS chain.',
  ),
  SMTP_URL: setting(
    z.url({ protocol: /^smtps?$/, message: 'must be smtp://user:password@host:587 or smtps://…' }).optional(),
    undefined,
    'Mail server for invitations and reset links, such as smtp://user:password@host:587; needs PUBLIC_URL, where the links lead. Without it links are handed over by people.',
    'secret',
  ),
  MAIL_FROM: setting(z.email().optional(), undefined, 'Sender of letters; needed with SMTP_URL.'),
  MODEL_PRICES: setting(
    z.string().transform((text, context) => {
      const prices: Record<string, Price> = {}
      for (const part of text
        .split(',')
        .map((one) => one.trim())
        .filter((one) => one !== '')) {
        const match = /^(\S+)=(\d+(?:\.\d+)?)(?:\/(\d+(?:\.\d+)?)|(\/search))$/.exec(part)
        const [, model, first, second, perSearch] = match ?? []
        if (model === undefined)
          context.addIssue({ code: 'custom', message: 'must be MODEL=INPUT/OUTPUT in US dollars per million tokens, or MODEL=PRICE/search, with commas' })
        else if (perSearch === undefined) prices[model] = { input: Number(first), output: Number(second) }
        else prices[model] = { input: 0, output: 0, perThousandSearches: Number((Number(first) * 1000).toPrecision(12)) }
      }
      return prices
    }),
    '',
    'Prices that are not known yet or have changed, such as openai:gpt-x=1.25/10: US dollars per million tokens in and out; of a reranker cohere:x=0.002/search; with commas.',
  ),
  LIMIT_ADDRESS_PER_MINUTE: setting(whole(0, 10_000_000), '1200', 'Requests per minute from one address without a credential that counts; 0 is no limit.'),
  LIMIT_SIGN_IN_PER_QUARTER_HOUR: setting(
    whole(1, 100_000),
    '10',
    'Attempts at passwords, links and wrong credentials in 15 minutes, by address and by account.',
  ),
  LIMIT_DATABASE_PER_MINUTE: setting(whole(0, 10_000_000), '0', 'Requests per minute to one database by everybody together; 0 is no limit.'),
  MAX_UPLOAD_MIB: setting(whole(1, 1_048_576), '4096', 'Largest file that is taken in, in MiB.'),
  REQUEST_TIMEOUT_SECONDS: setting(
    whole(1, 3600),
    '60',
    'How long a client may keep the server waiting: for a whole JSON body, or for the next piece of an upload, in seconds.',
  ),
  STREAM_GRACE_SECONDS: setting(whole(0, 3600), '30', 'How long an answer that may be resumed goes on while nobody reads it, in seconds; then it is stopped.'),
  CONCURRENCY: setting(z.union([z.literal('auto'), whole(1, 256)]), 'auto', 'Documents that are read and indexed at the same time; auto fits the machine.'),
  EXTRACT_TIMEOUT_SECONDS: setting(whole(1, 86_400), '300', 'Longest time that reading one document may take, in seconds.'),
  EXTRACT_MEMORY_MIB: setting(whole(128, 65_536), '512', 'Most memory that reading one document may take, in MiB.'),
  EXTRACT_MAX_MIB: setting(whole(1, 65_536), '1024', 'Largest document that is read, in MiB; archives may be larger, their entries not.'),
  EXTRACT_OCR: setting(z.enum(['on', 'off']), 'on', 'Whether text is read from pictures and scanned pages: on or off.'),
  OPENAI_API_KEY: setting(
    z.string().min(1).optional(),
    undefined,
    'Key for openai: models. It is sent to OPENAI_BASE_URL alone. Without it an owner can store one.',
    'secret',
  ),
  ANTHROPIC_API_KEY: setting(
    z.string().min(1).optional(),
    undefined,
    'Key for anthropic: models. It is sent to ANTHROPIC_BASE_URL alone. Without it an owner can store one.',
    'secret',
  ),
  COHERE_API_KEY: setting(
    z.string().min(1).optional(),
    undefined,
    'Key for cohere: models. It is sent to COHERE_BASE_URL alone. Without it an owner can store one.',
    'secret',
  ),
  OPENAI_BASE_URL: setting(
    webAddress.optional(),
    undefined,
    'Address of an OpenAI-compatible server for openai: models. Without it an owner can choose one; otherwise it is https://api.openai.com/v1.',
  ),
  ANTHROPIC_BASE_URL: setting(
    webAddress.optional(),
    undefined,
    'Address of a proxy for anthropic: models. Without it an owner can choose one; otherwise it is https://api.anthropic.com.',
  ),
  COHERE_BASE_URL: setting(
    webAddress.optional(),
    undefined,
    'Address of a proxy for cohere: models. Without it an owner can choose one; otherwise it is https://api.cohere.com.',
  ),
  OLLAMA_URL: setting(
    webAddress.optional(),
    undefined,
    'Address of an Ollama server for ollama: models. Without it an owner can choose one; otherwise it is http://127.0.0.1:11434.',
  ),
  CHAT_MODEL: setting(
    modelOf(CHAT_PROVIDERS),
    undefined,
    'Language model that writes answers, such as openai:gpt-4o-mini. Without it an owner can choose one; otherwise answers are the best sentences, quoted.',
  ),
  CHAT_FALLBACK_MODEL: setting(
    modelOf(CHAT_PROVIDERS),
    undefined,
    'Language model that writes when the chosen one fails before it has written anything. Without it an owner can choose one; otherwise the best sentences are quoted then.',
  ),
  RERANK_MODEL: setting(
    modelOf(RERANK_PROVIDERS, 'none'),
    undefined,
    'Model that orders what a search found by how well it answers, such as cohere:rerank-v3.5; none leaves it as it is. Without it an owner can choose one; otherwise it is none.',
  ),
  EMBEDDING_MODEL: setting(
    z
      .string()
      .regex(/^(?:none|[a-z0-9]+:\S{1,180})$/, 'must be none or PROVIDER:NAME')
      .optional(),
    undefined,
    'Embedding model of new databases that do not name one, such as openai:text-embedding-3-small; none means lexical search alone. Without it an owner can choose one; otherwise it is none.',
  ),
  REDIS_URL: setting(
    z.url({ protocol: /^rediss?$/, hostname: /./, message: 'must be redis://user:password@host:6379/0 or rediss://… for TLS' }).optional(),
    undefined,
    'Redis (6.2 or later, or what speaks its protocol) that processes of one server share for what may be forgotten, such as rediss://user:password@host:6379/0; rediss is TLS. Without it each keeps its own in memory.',
    'secret',
  ),
  REDIS_PREFIX: setting(
    z.string().regex(/^[\w.:-]{1,60}$/, 'must be up to 60 letters, digits and any of _ . : -'),
    'quarry:',
    'Begins all names in Redis; different for servers that share one.',
  ),
  MODELS_FOLDER: setting(z.string().min(1).optional(), undefined, 'Folder with local models; by default the folder models in the data folder.'),
  TRACE_KEEP_DAYS: setting(
    whole(0, 36_500),
    '30',
    'How long it is kept how an answer came about, with question, prompt, passages and text, in days; 0 keeps none.',
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting(
    webAddress.optional(),
    undefined,
    'Address of an OpenTelemetry collector that is told how answers came about, by OTLP over HTTP, such as http://127.0.0.1:4318.',
  ),
  OTEL_EXPORTER_OTLP_HEADERS: setting(
    z.string().transform((text, context) => {
      const pairs = text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '')
        .map((part) => /^([\w!#$%&'*+.^`|~-]+)=([\x20-\x7e]*)$/.exec(part))
      if (pairs.some((pair) => pair === null)) context.addIssue({ code: 'custom', message: 'must be NAME=VALUE, with commas' })
      return Object.fromEntries(pairs.flatMap((pair) => (pair?.[1] === undefined ? [] : [[pair[1], decoded(pair[2] ?? '')]])))
    }),
    '',
    'Headers for the collector, such as authorization=Bearer%20…, with commas; values are decoded like addresses.',
    'secret',
  ),
  OTEL_SERVICE_NAME: setting(z.string().min(1).max(200), 'quarry', 'Name of this server at the collector.'),
  OTEL_CAPTURE_TEXT: setting(z.enum(['on', 'off']), 'off', 'Whether the collector is told questions, answers, prompts and names of documents too: on or off.'),
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
  problems.push(...togetherProblems(read))
  if (problems.length > 0) throw new AppError('settings/invalid', { problems })
  // Every key of SETTINGS was read by its own schema just above.
  return { settings: read as unknown as Settings, warnings: unknownNames(environment) }
}

/** Settings that need one another. */
function togetherProblems(read: Readonly<Record<string, unknown>>): string[] {
  const needs = (name: SettingName, other: SettingName) =>
    read[name] !== undefined && read[other] === undefined ? [`${name} needs ${other} to be set too`] : []
  const both =
    read.OIDC_ISSUER !== undefined && read.COGNITO_USER_POOL_ID !== undefined
      ? ['OIDC_ISSUER and COGNITO_USER_POOL_ID cannot be set both: one provider at a time']
      : []
  return [
    ...needs('OIDC_ISSUER', 'OIDC_CLIENT_ID'),
    ...needs('COGNITO_USER_POOL_ID', 'COGNITO_CLIENT_ID'),
    ...needs('COGNITO_USER_POOL_ID', 'AWS_REGION'),
    ...needs('SMTP_URL', 'MAIL_FROM'),
    // The Host header is whatever a client sends: a link in a letter must not lead where a stranger chose.
    ...needs('SMTP_URL', 'PUBLIC_URL'),
    ...both,
  ]
}

/** Percent-encoded where it must be; as it is where it is not encoded well. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

/** What people sign in at must not be readable on the way. */
function isGuardedOrigin(text: string): boolean {
  return URL.canParse(text) && (text.startsWith('https:') || isLoopback(new URL(text).hostname))
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
