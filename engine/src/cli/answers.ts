import type { ReplyOf } from '../api/route.ts'
import type { Routes } from '../api/routes.ts'
import type { Input } from '../client/client.ts'
import { printJson } from './manage.ts'
import type { Session } from './session.ts'
import { paint, printable } from './show.ts'

export interface AnswersOptions {
  readonly chatModel?: string
  readonly rerankModel?: string
  readonly voice?: string
  readonly strictness?: 'mark' | 'remove' | 'withhold'
  readonly json?: boolean
}

type Answers = ReplyOf<Routes['getDatabase']>['answers']
type Change = NonNullable<Input<'updateDatabase'>['body']['answers']>

/** Shows how questions to a database are answered, after changing what was given. */
export async function answers({ client, signal }: Session, database: string, options: AnswersOptions): Promise<void> {
  const change = changeOf(options)
  const isAsked = Object.keys(change).length === 0
  const parameters = { database }
  const reply = isAsked
    ? await client.call('getDatabase', { parameters, signal })
    : await client.call('updateDatabase', { parameters, body: { answers: change }, signal })
  if (options.json === true) return printJson(reply.answers)
  console.log(paint('bold', printable(reply.name)))
  for (const [name, told] of Object.entries(toldOf(reply.answers))) console.log(`  ${paint('dim', name.padEnd(12))}${told}`)
}

/** The word `default` takes a choice back. */
function changeOf({ chatModel, rerankModel, voice, strictness }: AnswersOptions): Change {
  const given = (text: string) => (text === 'default' ? null : text)
  return {
    ...(chatModel === undefined ? {} : { chat_model: given(chatModel) }),
    ...(rerankModel === undefined ? {} : { rerank_model: given(rerankModel) }),
    ...(voice === undefined ? {} : { voice: given(voice) }),
    ...(strictness === undefined ? {} : { strictness }),
  }
}

const STRICT = {
  mark: 'mark: sentences without support are shown as such',
  remove: 'remove: sentences without support are left out',
  withhold: 'withhold: an answer with a sentence without support is not given',
} as const

function toldOf({ chat_model, rerank_model, voice, strictness }: Answers): Readonly<Record<string, string>> {
  const set = (value: string | null) => (value === null ? 'as the server is set' : printable(value))
  return { writer: set(chat_model), reranker: set(rerank_model), voice: voice === null ? 'none' : printable(voice), strictness: STRICT[strictness] }
}
