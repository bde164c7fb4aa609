import { diskUploads } from '../adapters/disk/uploads.ts'
import { auth } from '../adapters/local/auth.ts'
import { localPasswords } from '../adapters/local/passwords.ts'
import { localSecrets } from '../adapters/local/secrets.ts'
import { sharedSecretTokens } from '../adapters/local/shared-secret-tokens.ts'
import { memoryLimiter } from '../adapters/memory/limiter.ts'
import { oidcOptionsOf } from '../adapters/oidc/options.ts'
import { oidcProvider } from '../adapters/oidc/provider.ts'
import { modelPrices } from '../adapters/prices.ts'
import { smtpMailer } from '../adapters/smtp/mailer.ts'
import { sqliteAccounts } from '../adapters/sqlite/accounts.ts'
import { sqliteConversations } from '../adapters/sqlite/conversations.ts'
import type { SqliteFile } from '../adapters/sqlite/database.ts'
import { sqliteGolden } from '../adapters/sqlite/golden.ts'
import { sqliteKeys } from '../adapters/sqlite/keys.ts'
import { sqliteLedger } from '../adapters/sqlite/ledger.ts'
import { sqlitePublications } from '../adapters/sqlite/publications.ts'
import { watched } from '../adapters/watched.ts'
import type { Role } from '../domain/account.ts'
import { AppError } from '../domain/errors.ts'
import type { Health } from '../ports/health.ts'
import type { IdentityProvider } from '../ports/identity.ts'
import type { Log, World } from '../ports/world.ts'
import type { Settings } from '../settings.ts'

/** What the world knows of people, keys, limits and usage. */
export type PeopleWorld = Pick<
  World,
  | 'auth'
  | 'accounts'
  | 'passwords'
  | 'keys'
  | 'publications'
  | 'conversations'
  | 'golden'
  | 'ledger'
  | 'limiter'
  | 'uploads'
  | 'secrets'
  | 'mailer'
  | 'identity'
  | 'prices'
>

export interface PeopleOptions {
  /** Of the catalog: people stand in the same file, so that a right and what it is for change together. */
  readonly file: SqliteFile
  readonly making: { now(): number; newId(prefix: string): string }
  readonly settings: PeopleSettings
  readonly uploadsFolder: string
  readonly signingKey: string
  readonly operatorToken: string
  readonly health: Health
  readonly log: Log
}

export type PeopleSettings = Pick<
  Settings,
  | 'JWT_SECRET'
  | 'OIDC_ISSUER'
  | 'OIDC_CLIENT_ID'
  | 'OIDC_CLIENT_SECRET'
  | 'OIDC_AUDIENCE'
  | 'OIDC_SCOPES'
  | 'OIDC_GROUPS_CLAIM'
  | 'OIDC_ROLES'
  | 'OIDC_DEFAULT_ROLE'
  | 'COGNITO_USER_POOL_ID'
  | 'COGNITO_CLIENT_ID'
  | 'COGNITO_ENDPOINT'
  | 'AWS_REGION'
  | 'SMTP_URL'
  | 'MAIL_FROM'
  | 'MODEL_PRICES'
>

export function openPeople({
  file,
  making,
  settings,
  uploadsFolder,
  signingKey,
  operatorToken,
  health,
  log,
}: PeopleOptions): PeopleWorld & { close(): Promise<void> } {
  const { now } = making
  const accounts = sqliteAccounts(file, making)
  const keys = sqliteKeys(file, making)
  const publications = sqlitePublications(file, making)
  const secrets = localSecrets(signingKey, now)
  const identity = identityOf(settings, health, log)
  const limiter = memoryLimiter(now)
  const mailer =
    settings.SMTP_URL === undefined || settings.MAIL_FROM === undefined
      ? undefined
      : watched(smtpMailer({ url: settings.SMTP_URL, from: settings.MAIL_FROM }), 'mail', health, () => true)
  const ledger = sqliteLedger(file, making, { onFault: (fault) => log.warn('usage-not-written', { cause: fault }) })
  return {
    accounts,
    keys,
    publications,
    secrets,
    identity,
    limiter,
    mailer,
    ledger,
    passwords: localPasswords(),
    conversations: sqliteConversations(file, making),
    golden: sqliteGolden(file, making),
    uploads: diskUploads(uploadsFolder, making),
    prices: modelPrices(settings.MODEL_PRICES),
    auth: auth({
      accounts,
      keys,
      publications,
      secrets,
      identity,
      sharedSecret: settings.JWT_SECRET === undefined ? undefined : sharedSecretTokens(settings.JWT_SECRET, now),
      operatorToken,
      roles: rolesOf(settings),
      defaultRole: settings.OIDC_DEFAULT_ROLE === 'none' ? undefined : settings.OIDC_DEFAULT_ROLE,
      now,
    }),
    async close() {
      await ledger.flush()
      await limiter.close()
      await mailer?.close()
    },
  }
}

/** Whether the provider's groups make owners: then a server may be opened to others before anybody claimed it. */
export function ownersComeFromProvider(settings: Pick<Settings, 'OIDC_ISSUER' | 'COGNITO_USER_POOL_ID' | 'OIDC_ROLES'>): boolean {
  const provider = settings.OIDC_ISSUER ?? settings.COGNITO_USER_POOL_ID
  return provider !== undefined && rolesOf(settings).some(({ role }) => role === 'owner')
}

function rolesOf({ OIDC_ROLES }: Pick<Settings, 'OIDC_ROLES'>): readonly { readonly group: string; readonly role: Role }[] {
  return OIDC_ROLES.map((text) => {
    const [group = '', role = ''] = text.split('=')
    return { group, role: role as Role } // the setting's own check allows nothing else
  })
}

function identityOf(settings: PeopleSettings, health: Health, log: Log): IdentityProvider | undefined {
  const options = oidcOptionsOf(settings)
  const isFault = (error: unknown) => !(error instanceof AppError) || error.code === 'provider/unavailable'
  return options === undefined ? undefined : watched(oidcProvider(options, { log }), 'identity', health, isFault)
}
