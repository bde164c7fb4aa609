import { type Command, InvalidArgumentError } from 'commander'
import { MEASURES, type Measure } from '../domain/evaluation.ts'
import { share, whole } from './arguments.ts'
import { addGolden, evaluate, type Floor, listGolden, removeGolden } from './eval.ts'
import type { Runner } from './program.ts'
import { settle } from './settle.ts'

const JSON_LINES = ['--json', 'print JSON lines'] as const

function floors(text: string, so: readonly Floor[] = []): readonly Floor[] {
  const [name, value] = text.split('=')
  const measure = MEASURES.find((one) => one === name)
  const least = Number(value)
  if (measure === undefined || value === undefined || value === '' || !(least >= 0 && least <= 1)) {
    throw new InvalidArgumentError(`It must be MEASURE=0..1, with one of ${(MEASURES as readonly Measure[]).join(', ')}.`)
  }
  return [...so, { measure, least }]
}

/** How good a database answers, and the questions by which that is told. */
export function addEvaluationCommands(program: Command, { withServer }: Runner): void {
  program.commandsGroup('Measure:')
  program
    .command('eval <database>')
    .description('ask the golden set and tell how good what is found and answered is')
    .option('--golden <file>', 'cases of a file of JSON lines, instead of the set that is kept')
    .option('--no-answers', 'measure retrieval alone; no language model is asked')
    .option('--n <passages>', 'passages that an answer may draw on (default: 8)', whole)
    .option('--version <version>', 'an index version, by its number (default: the live one)')
    .option('--model <name>', 'language model, or extractive')
    .option('--dense <weight>', 'weight of the search by meaning, 0 to 1; words have the rest', share)
    .option('--against <setting...>', 'compare with another setting: version=2, model=openai:gpt-4o-mini, dense=0.7')
    .option('--min <measure=value>', 'end with status 1 when a measure is lower; may be given several times', floors)
    .option('--seed <number>', 'of the bootstrap (default: 1)', whole)
    .option('--all', 'list all questions that went wrong')
    .option(...JSON_LINES)
    .action((database: string, given) =>
      withServer(async (session) => {
        await settle(session, database)
        return evaluate(session, database, given)
      }),
    )
  const golden = program.command('golden').helpCommand(false).description('list and change the golden set of a database')
  golden
    .command('list <database>', { isDefault: true })
    .description('list the cases (the same as "golden" alone)')
    .option(...JSON_LINES)
    .action((database: string, given) => withServer((session) => listGolden(session, database, given)))
  golden
    .command('add <database> <file>')
    .description('add the cases of a file of JSON lines')
    .action((database: string, file: string) => withServer((session) => addGolden(session, database, file)))
  golden
    .command('remove <database> <case>')
    .description('take a case out, by its id')
    .action((database: string, id: string) => withServer((session) => removeGolden(session, database, id)))
}
