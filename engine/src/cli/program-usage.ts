import { type Command, InvalidArgumentError } from 'commander'
import { USAGE_DIMENSIONS, type UsageDimension } from '../domain/usage.ts'
import { day, dollars, orNone, several, size, whole } from './arguments.ts'
import { deletePlan, listPlans, setPlan } from './plans.ts'
import type { Runner } from './program.ts'
import { showAudit, showCaps, showLimits, showUsage } from './usage.ts'

const JSON_REPLY = ['--json', 'print the reply as JSON'] as const

function dimensions(text: string, so: readonly UsageDimension[] = []): readonly UsageDimension[] {
  const named = several(text)
  const known = named.filter((name): name is UsageDimension => (USAGE_DIMENSIONS as readonly string[]).includes(name))
  if (known.length < named.length) throw new InvalidArgumentError(`It must be one or more of ${USAGE_DIMENSIONS.join(', ')}.`)
  return [...new Set([...so, ...known])]
}

/** What was used, and how much may be. */
export function addUsageCommands(program: Command, { withServer }: Runner): void {
  program.commandsGroup('Usage:')
  program
    .command('usage')
    .description('tell what was used: requests, tokens, cost of models, storage')
    .option('--from <day>', 'first day of UTC (default: the first of this month)', day)
    .option('--to <day>', 'last day of UTC (default: today)', day)
    .option('--by <what>', `group by ${USAGE_DIMENSIONS.join(', ')} (default: day)`, dimensions)
    .option('--database <name>', 'only what was used in this database')
    .option('--key <id>', 'only what this key used')
    .option('--everyone', 'the whole server instead of your account, for owners')
    .option('--csv', 'print a table for spreadsheets')
    .option(...JSON_REPLY)
    .action((given) => withServer((session) => showUsage(session, given)))
  program
    .command('limits')
    .description('tell which limits hold for you and what is left')
    .option(...JSON_REPLY)
    .action((given) => withServer((session) => showLimits(session, given)))
  program
    .command('caps')
    .description('show or set the budget of the whole server for models')
    .option('--per-day <usd>', 'US dollars a day, or none', orNone(dollars))
    .option('--per-month <usd>', 'US dollars a month, or none', orNone(dollars))
    .option(...JSON_REPLY)
    .action((given) => withServer((session) => showCaps(session, given)))
  program
    .command('audit')
    .description('list sign-ins, deletions, exports and changes of keys and sharing, newest first')
    .option('--limit <entries>', 'how many (default: 50)', whole)
    .option('--action <name>', 'only this, such as key.create')
    .option('--actor <id>', 'only what this account, key or visitor did')
    .option('--check', 'check that no entry was changed or taken out')
    .option(...JSON_REPLY)
    .action((given) => withServer((session) => showAudit(session, given)))

  const plans = program.command('plans').helpCommand(false).description('list and change named bundles of limits for people and keys')
  plans
    .command('list', { isDefault: true })
    .description('list the plans (the same as "plans" alone)')
    .option(...JSON_REPLY)
    .action((given) => withServer((session) => listPlans(session, given)))
  plans
    .command('set <name>')
    .description('make a plan, or change the one of this name; none takes a limit away')
    .option('--requests-per-minute <count>', 'requests a minute', orNone(whole))
    .option('--requests-per-day <count>', 'requests a day', orNone(whole))
    .option('--tokens-per-minute <count>', 'model tokens a minute', orNone(whole))
    .option('--tokens-per-month <count>', 'model tokens a month', orNone(whole))
    .option('--streams <count>', 'streams that are open at the same time', orNone(whole))
    .option('--stored <size>', 'what the databases may hold, such as 20GB', orNone(size))
    .option('--spend-per-day <usd>', 'US dollars a day for models', orNone(dollars))
    .option('--spend-per-month <usd>', 'US dollars a month for models', orNone(dollars))
    .option(...JSON_REPLY)
    .action((name: string, given) => withServer((session) => setPlan(session, name, given)))
  plans
    .command('delete <name>')
    .description('delete a plan that nobody has')
    .action((name: string) => withServer((session) => deletePlan(session, name)))
}
