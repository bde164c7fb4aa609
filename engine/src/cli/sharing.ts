import type { Level } from '../domain/caller.ts'
import { printJson } from './manage.ts'
import type { Session } from './session.ts'
import { listing, printable, quoted } from './show.ts'

const MAY: Readonly<Record<Level, string>> = {
  read: 'query, ask and read',
  write: 'query, ask, read, upload and delete documents',
  manage: 'do everything, sharing and deletion too',
}

export async function share(
  { client, signal }: Session,
  database: string,
  who: string,
  options: { readonly level: Level; readonly json?: boolean },
): Promise<void> {
  const shared = await client.call('share', { parameters: { database }, body: { with: who, level: options.level }, signal })
  if (options.json === true) return printJson(shared)
  console.log(`${nameOf(shared)} may ${MAY[shared.level]} in ${printable(database)}.`)
}

export async function unshare({ client, signal }: Session, database: string, who: string): Promise<void> {
  await client.call('unshare', { parameters: { database, grantee: who }, signal })
  console.log(`${printable(database)} is no longer shared with ${printable(who)}.`)
}

export async function listShares({ client, command, signal }: Session, database: string, options: { readonly json?: boolean }): Promise<void> {
  const { shares } = await client.call('listShares', { parameters: { database }, signal })
  if (options.json === true) return printJson(shares)
  if (shares.length === 0) return console.log(`${printable(database)} is shared with nobody. Share it: ${command} share ${quoted(database)} EMAIL`)
  console.log(listing(shares.map((one) => [nameOf(one), one.level, `since ${one.created_at.slice(0, 10)}`])))
}

function nameOf({ grantee, email, name }: { readonly grantee: string; readonly email: string | null; readonly name: string | null }): string {
  return grantee === 'everyone' ? 'everyone on this server' : printable(email ?? name ?? grantee)
}
