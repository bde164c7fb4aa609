import type { z } from 'zod'
import type { evaluationRoutes } from '../../api/evaluation.ts'
import type { EventOf } from '../../api/route.ts'
import type { PlacedMessage } from '../../domain/conversation.ts'
import { AppError } from '../../domain/errors.ts'
import { type GoldenCase, MOST_GOLDEN_CASES, type NewGoldenCase } from '../../domain/evaluation.ts'
import type { EvaluationEvent, EvaluationReport } from '../../flows/evaluate.ts'
import type { EvaluatedSetting } from '../../flows/evaluate-case.ts'
import { caseFromAnswer, caseOfRefusal, missingDocuments, standsAlone } from '../../flows/golden.ts'
import { versionFor } from '../access.ts'
import type { Handlers, Workshop } from '../handler.ts'
import { usdOf } from '../money.ts'
import { iso } from '../present.ts'
import { pageOf } from './databases.ts'

type EvaluateBody = z.output<(typeof evaluationRoutes)['evaluate']['body']>
type GoldenInput = z.output<(typeof evaluationRoutes)['putGolden']['body']>['cases'][number]

export function evaluationHandlers({ world, flows }: Workshop): Handlers<keyof typeof evaluationRoutes> {
  const { golden, conversations } = world

  async function kept(databaseId: string): Promise<readonly GoldenCase[]> {
    const all: GoldenCase[] = []
    let cursor: string | undefined
    do {
      const page = await golden.cases(databaseId, { limit: MOST_GOLDEN_CASES, ...(cursor === undefined ? {} : { cursor }) })
      all.push(...page.items)
      cursor = page.nextCursor
    } while (cursor !== undefined)
    return all
  }

  async function presented(databaseId: string, cases: readonly GoldenCase[]) {
    const missingOf = await missingDocuments(world, databaseId, cases)
    return cases.map((one) => ({ ...presentCase(one), missing: [...missingOf(one)] }))
  }

  /** @throws request/invalid for an answer that no case can be made of */
  async function caseOfAnswer(accountId: string, databaseId: string, question: string, answer: PlacedMessage): Promise<NewGoldenCase> {
    if (answer.answered === true) {
      const made = caseFromAnswer(databaseId, question, answer)
      if (made === undefined) throw refused('message: no citation of this answer is verified in this database')
      return made
    }
    // Withheld and refused answers tell nothing of what the documents hold.
    const trace = answer.traceId === undefined ? undefined : await world.traces.trace(accountId, answer.traceId).catch(() => undefined)
    if (trace?.outcome !== 'not-answered') throw refused('message: it cannot be told that the documents do not hold the answer')
    return caseOfRefusal(question, answer.id)
  }

  return {
    async listGolden({ database, query }) {
      const page = await golden.cases(database.id, pageOf(query))
      return { cases: await presented(database.id, page.items), next_cursor: page.nextCursor ?? null }
    },

    putGolden: async ({ database, body }) => ({ cases: await presented(database.id, await golden.putCases(database.id, body.cases.map(caseOf))) }),

    async goldenFromAnswer({ caller, database, body }) {
      // What somebody asked is told to no program.
      if (caller.kind === 'key') throw new AppError('auth/person-needed')
      const holder = { accountId: caller.accountId }
      const conversation = await conversations.conversation(holder, body.conversation)
      const messages = await conversations.messages(holder, body.conversation, { upTo: body.message })
      const [asked, answer] = messages.slice(-2)
      if (asked?.role !== 'user' || answer?.role !== 'assistant') throw new AppError('message/not-found', { message: body.message })
      if (!conversation.databaseIds.includes(database.id)) throw refused('message: this database was not asked')
      if (body.question === undefined && !standsAlone(asked.text, messages.slice(0, -2))) {
        throw refused('question: the question leans on what was said before it; give it in words that stand for themselves')
      }
      const made = await caseOfAnswer(caller.accountId, database.id, body.question ?? asked.text, answer)
      const [stored] = await presented(database.id, await golden.putCases(database.id, [made]))
      if (stored === undefined) throw new AppError('internal')
      return stored
    },

    async removeGolden({ database, parameters }) {
      if (!(await golden.removeCase(database.id, parameters.case))) throw new AppError('golden/not-found', { case: parameters.case })
      return { done: true }
    },

    async *evaluate({ caller, database, body, signal }) {
      for (const { version } of body.settings) if (version !== undefined) await versionFor(world, caller, database, version)
      const cases = body.cases?.map(caseOf) ?? (await kept(database.id))
      if (cases.length === 0) throw new AppError('request/invalid', { in: 'body', problems: ['cases: the golden set of this database is empty; give some'] })
      yield { event: 'evaluation-start', data: { cases: cases.length } }
      const request = { cases, n: body.n_results, answers: body.answers, settings: settingsOf(body), seed: body.seed }
      for await (const event of flows.evaluate(world, caller, database.id, request, signal)) yield presentEvaluation(event)
    },
  }
}

function refused(problem: string): AppError {
  return new AppError('request/invalid', { in: 'body', problems: [problem] })
}

function caseOf({ question, answerable, expected, pages, answer }: GoldenInput): NewGoldenCase {
  const places = pages.map(({ of, page }) => ({ document: of, page }))
  return { question, answerable, documents: [...new Set(expected)], pages: places, answer, messageId: undefined }
}

function settingsOf({ settings }: EvaluateBody): readonly [EvaluatedSetting] | readonly [EvaluatedSetting, EvaluatedSetting] {
  const [first = {}, second] = settings.map(({ version, weights, chat_model }) => ({
    ...(version === undefined ? {} : { versionId: version }),
    ...(weights === undefined ? {} : { weights }),
    ...(chat_model === undefined ? {} : { chatModel: chat_model }),
  }))
  return second === undefined ? [first] : [first, second]
}

function presentCase({ id, question, answerable, documents, pages, answer, messageId, createdAt }: GoldenCase) {
  return {
    id,
    question,
    answerable,
    expected: [...documents],
    pages: pages.map(({ document, page }) => ({ of: document, page })),
    answer: answer ?? null,
    from_answer: messageId ?? null,
    created_at: iso(createdAt),
  }
}

function presentEvaluation(event: EvaluationEvent): EventOf<(typeof evaluationRoutes)['evaluate']> {
  if (event.type === 'evaluation-end') {
    return { event: event.type, data: { reports: event.reports.map(presentReport), differences: { ...event.differences } } }
  }
  const { setting, index, result } = event
  const { question, measures, found, missing, answer, searchMs, answerMs, firstMs, cost, error } = result
  return {
    event: event.type,
    data: {
      setting,
      index,
      question,
      measures: { ...measures },
      found: [...found],
      missing: [...missing],
      answer: answer === undefined ? null : { ...answer, cited: [...answer.cited] },
      search_ms: searchMs,
      answer_ms: answerMs ?? null,
      first_ms: firstMs ?? null,
      cost_usd: usdOf(cost),
      error: error ?? null,
    },
  }
}

function presentReport({ measures, cases, failed, missing, searchMs, answerMs, firstMs, cost }: EvaluationReport) {
  return {
    measures: { ...measures },
    cases,
    failed,
    missing,
    search_ms: searchMs,
    answer_ms: answerMs ?? null,
    first_ms: firstMs ?? null,
    cost_usd: usdOf(cost),
  }
}
