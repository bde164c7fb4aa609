import { type Command, Option } from 'commander'
import { STRICTNESS } from '../domain/answering.ts'
import { LEVELS } from '../domain/caller.ts'
import { dollars, email, expiry, oneMore, role, scopes, seconds, several, whole } from './arguments.ts'
import { createKey, listKeys, renameKey, revokeKey, rotateKey, showKey, validateKey } from './keys.ts'
import { printJson } from './manage.ts'
import { givePlan } from './plans.ts'
import type { Runner } from './program.ts'
import { listPublications, publish, unpublish } from './publish.ts'
import { askNewPassword, askSecret } from './secrets.ts'
import { listShares, share, unshare } from './sharing.ts'
import { join, listProfiles, login, logout, printWho, useProfile } from './sign-in.ts'
import { changePassword, claim, deleteUser, invite, listUsers, resetUser, setRole, setState, uninvite } from './users.ts'

const JSON_REPLY = ['--json', 'print the reply as JSON'] as const
const PASSWORD_STDIN = ['--password-stdin', 'read the password from standard input'] as const

/** Who one is, and who else is on the server. */
export function addPeopleCommands(program: Command, { withServer, alone, chosen }: Runner): void {
  program.commandsGroup('People:')
  program
    .command('login [server]')
    .description('sign in to a server, so that commands go there')
    .option('--email <address>', 'whom to sign in; asked when it is not given')
    .option(...PASSWORD_STDIN)
    .option('--token-stdin', 'read an API key or a token from standard input instead')
    .action((server: string | undefined, given) => alone((surroundings) => login(surroundings, chosen(), server, given)))
  program
    .command('join')
    .description('take up an invitation: asks for its link and for a new password')
    .option('--name <name>', 'what you are called')
    .option('--stdin', 'read link and password from standard input, one line each')
    .action((given) => alone((surroundings) => join(surroundings, chosen(), given)))
  program
    .command('logout')
    .description('sign out and forget the sign-in')
    .option('--everywhere', 'end all your sessions, on every device')
    .action((given) => alone((surroundings) => logout(surroundings, chosen(), given)))
  program
    .command('whoami')
    .description('tell who you are, where, and what you may do')
    .option(...JSON_REPLY)
    .action((given) =>
      withServer(async ({ client, address, remote, signal }) => {
        const who = await client.call('whoAmI', { signal })
        return given.json === true ? printJson({ server: address, ...who }) : printWho(who, address, !remote)
      }),
    )
  program
    .command('password')
    .description('change your password')
    .action(() =>
      withServer((session) =>
        changePassword(session, async () => {
          const otherwise = 'Run this at a terminal.'
          return { current: await askSecret('Present password: ', otherwise), password: await askNewPassword(otherwise) }
        }),
      ),
    )
  const profiles = program.command('profiles').helpCommand(false).description('list your sign-ins, or choose the one that commands use')
  profiles
    .command('list', { isDefault: true })
    .description('list your sign-ins (the same as "profiles" alone)')
    .option(...JSON_REPLY)
    .action((given) => alone((surroundings) => listProfiles(surroundings, given)))
  profiles
    .command('use <name>')
    .description('let commands go to the server of a profile; local is this machine')
    .action((name: string) => alone((surroundings) => useProfile(surroundings, name)))

  const users = program.command('users').helpCommand(false).description('list, invite and manage the people of a server')
  users
    .command('list', { isDefault: true })
    .description('list people and open invitations (the same as "users" alone)')
    .option('--search <text>', 'only those with this in their name or address')
    .option(...JSON_REPLY)
    .action((given) => withServer((session) => listUsers(session, given)))
  users
    .command('claim')
    .argument('<email>', '', email)
    .description('make the owner account, on the machine of the server')
    .option('--name <name>', 'what the owner is called')
    .option(...PASSWORD_STDIN)
    .action((address: string, given) => withServer((session) => claim(session, address, given)))
  users
    .command('invite')
    .argument('<email>', '', email)
    .description('invite somebody; prints the link that makes the account')
    .addOption(new Option('--role <role>', 'owner, member or viewer').default('member').argParser(role))
    .option(...JSON_REPLY)
    .action((address: string, given) => withServer((session) => invite(session, address, given)))
  users
    .command('uninvite <email>')
    .description('take an invitation back')
    .action((address: string) => withServer((session) => uninvite(session, address)))
  users
    .command('role <email>')
    .argument('<role>', '', role)
    .description('make somebody owner, member or viewer')
    .action((user: string, wanted: Parameters<typeof setRole>[2]) => withServer((session) => setRole(session, user, wanted)))
  users
    .command('plan <email> <plan>')
    .description('give somebody a plan; none gives back the default one')
    .option('--key <id>', 'give it to this key of theirs instead')
    .action((user: string, plan: string, given) => withServer((session) => givePlan(session, user, plan, given)))
  users
    .command('suspend <email>')
    .description('close every sign-in, key and published chat of somebody, at once')
    .action((user: string) => withServer((session) => setState(session, user, 'suspended')))
  users
    .command('resume <email>')
    .description('end a suspension')
    .action((user: string) => withServer((session) => setState(session, user, 'active')))
  users
    .command('reset <email>')
    .description('print a link with which somebody sets a new password')
    .option(...JSON_REPLY)
    .action((user: string, given) => withServer((session) => resetUser(session, user, given)))
  users
    .command('delete <email>')
    .description('delete somebody with everything that the account owns')
    .option('--yes', 'do it')
    .action((user: string, given) => withServer((session) => deleteUser(session, user, given)))
}

/** Keys for programs, and databases for others. */
export function addSharingCommands(program: Command, { withServer }: Runner): void {
  program.commandsGroup('Keys and sharing:')
  const keys = program.command('keys').helpCommand(false).description('make, list, rotate and revoke API keys')
  keys
    .command('list', { isDefault: true })
    .description('list your keys (the same as "keys" alone)')
    .option(...JSON_REPLY)
    .action((given) => withServer((session) => listKeys(session, given)))
  keys
    .command('create <name>')
    .description('make a key; it is printed once, alone on standard output')
    .option('--database <name>', 'a database that it may use (default: all); may be given several times', oneMore)
    .option('--scope <scopes>', 'what it may: query, ask, read, write, manage (default: query,ask,read)', scopes)
    .option('--where <filter>', "only documents that match exist for it, such as 'tenant = 7'")
    .option('--origin <origins>', 'pages that may use it in a browser, such as https://app.example.com', several)
    .option('--address <ranges>', 'addresses that may use it, such as 10.0.0.0/8', several)
    .option('--expires <when>', 'a time such as 90d, or a day such as 2027-01-31', expiry)
    .option('--per-minute <requests>', 'most requests a minute', whole)
    .option('--per-day <requests>', 'most requests a day', whole)
    .option('--tokens-per-month <tokens>', 'most model tokens a month', whole)
    .option('--spend-per-day <usd>', 'most that models may cost a day', dollars)
    .option('--spend-per-month <usd>', 'most that models may cost a month', dollars)
    .option(...JSON_REPLY)
    .action((name: string, given) => withServer((session) => createKey(session, name, given)))
  keys
    .command('show <key>')
    .description('tell what a key may do and when it was used; by name or id')
    .option(...JSON_REPLY)
    .action((key: string, given) => withServer((session) => showKey(session, key, given)))
  keys
    .command('rename <key> <name>')
    .description('call a key something else')
    .action((key: string, name: string) => withServer((session) => renameKey(session, key, name)))
  keys
    .command('rotate <key>')
    .description('give a key a new secret, printed once; the former one counts for the overlap')
    .option('--overlap <time>', 'such as 1h; 0 ends the former at once (default: 1d)', seconds)
    .option(...JSON_REPLY)
    .action((key: string, given) => withServer((session) => rotateKey(session, key, given)))
  keys
    .command('revoke <key>')
    .description('revoke a key, at once and for good')
    .action((key: string) => withServer((session) => revokeKey(session, key)))
  keys
    .command('validate')
    .description('tell whether a key of yours counts; it is read from standard input, or asked')
    .option(...JSON_REPLY)
    .action((given) => withServer((session) => validateKey(session, given)))

  program
    .command('share <database> <who>')
    .description('share a database with a person, by e-mail address, or with everyone')
    .addOption(new Option('--level <level>', 'how far').choices(LEVELS).default('read'))
    .option(...JSON_REPLY)
    .action((database: string, who: string, given) => withServer((session) => share(session, database, who, given)))
  program
    .command('unshare <database> <who>')
    .description('end the sharing with a person or with everyone')
    .action((database: string, who: string) => withServer((session) => unshare(session, database, who)))
  program
    .command('shares <database>')
    .description('list with whom a database is shared')
    .option(...JSON_REPLY)
    .action((database: string, given) => withServer((session) => listShares(session, database, given)))
  program
    .command('publish <databases...>')
    .description('open databases to visitors as a chat; prints its address, and what to put into pages')
    .requiredOption('--title <title>', 'shown above the chat')
    .option('--greeting <text>', 'what visitors read before they ask')
    .option('--origin <origins>', 'pages that may show it, such as https://www.example.com', several)
    .addOption(
      new Option('--sources <what>', 'what visitors may read: the quotes of answers, or the documents').choices(['quotes', 'documents']).default('quotes'),
    )
    .option('--guard <topics>', 'medical, financial, legal or harmful, each with =disclaimer or =refuse, such as medical=refuse', several)
    .option('--voice <text>', 'how a language model is to write, such as "Friendly, in short sentences"')
    .addOption(new Option('--strictness <what>', 'what becomes of sentences that their sources do not support').choices(STRICTNESS))
    .option('--keep-days <days>', 'days after their last message that conversations are kept (default: 30)', whole)
    .option('--expires <when>', 'a time such as 90d, or a day such as 2027-01-31', expiry)
    .option(...JSON_REPLY)
    .action((databases: string[], given) => withServer((session) => publish(session, databases, given)))
  program
    .command('publications')
    .description('list your published chats')
    .option(...JSON_REPLY)
    .action((given) => withServer((session) => listPublications(session, given)))
  program
    .command('unpublish <publication>')
    .description('close a published chat, at once and for good; by id or title')
    .action((publication: string) => withServer((session) => unpublish(session, publication)))
}
