import { randomBytes } from 'node:crypto'
import type { Account } from '../src/domain/account.ts'
import type { Caller } from '../src/domain/caller.ts'
import { NO_LIMITS } from '../src/domain/limits.ts'
import type { AnswerTrace } from '../src/domain/trace.ts'
import { linkConversation } from '../src/flows/conversation-link.ts'
import type { World } from '../src/ports/world.ts'
import { ownerOf } from '../src/server/live/hub.ts'
import { logOf, metaOf, packed } from '../src/server/live/shared.ts'
import { keyFor, type Person, publicationOf, signedIn, visitorOf } from './people-fixture.ts'

// What an account can own, all of it, each thing with a mark of its owner in everything that only those may see who
// see the thing itself.

export interface Belongings {
  readonly account: Account
  /** Stands in every name, text and label of this account's things, and nowhere else. */
  readonly mark: string
  readonly token: string
  readonly sessionId: string
  readonly databaseId: string
  readonly documentId: string
  readonly versionId: string
  readonly jobId: string
  readonly keyId: string
  readonly invitationId: string
  readonly publicationId: string
  readonly conversationId: string
  /** An answer in it. */
  readonly messageId: string
  /** Opens it. */
  readonly linkToken: string
  readonly visitorId: string
  readonly visitorToken: string
  readonly visitorConversationId: string
  readonly visitorMessageId: string
  readonly uploadId: string
  readonly planId: string
  /** An answer that has ended and may be read again, and one to the visitor. */
  readonly streamId: string
  readonly visitorStreamId: string
  readonly caseId: string
  readonly traceId: string
}

const BARE = {
  ...{ citations: [], sentences: [], nearest: [] },
  ...{ writer: undefined, mode: undefined, usage: undefined, cost: undefined, traceId: undefined },
} as const

/** Fills an account with one of everything. `level`s are given to others by the test. */
export async function belongingsOf(world: World, who: Person): Promise<Belongings> {
  const mark = `mark${randomBytes(6).toString('hex')}`
  const accountId = who.account.id
  const { catalog } = world
  const { database, version } = await catalog.createDatabase({
    ownerId: accountId,
    name: `db ${mark}`,
    description: `about ${mark}`,
    weights: { dense: 1, lexical: 1 },
    settings: { embedder: 'none', dimensions: 0, chunkSize: 512, chunkOverlap: 64, analyzer: 'a' },
  })
  const blob = await world.blobs.put(once(`text ${mark}`))
  const { document, job } = await catalog.acceptUpload({
    databaseId: database.id,
    ownerId: accountId,
    externalId: `${mark}.txt`,
    name: `${mark}.txt`,
    mediaType: 'text/plain',
    size: blob.size,
    sha256: blob.sha256,
    metadata: { secret: mark },
    title: `title ${mark}`,
    parentId: undefined,
  })
  const { key } = await keyFor(world, accountId, { name: `key ${mark}` })
  const made = world.secrets.make('qt')
  const invitation = await world.accounts.createTicket({
    id: made.id,
    secretHash: made.secretHash,
    purpose: 'invitation',
    accountId,
    email: `i${randomBytes(6).toString('hex')}@example.com`, // owners see it
    role: 'viewer',
    expiresAt: world.now() + 3_600_000,
  })
  const publication = await publicationOf(world, accountId, [database.id], { title: `chat ${mark}`, sources: 'documents' })
  const turn = [
    { ...BARE, role: 'user', text: `asked ${mark}`, answered: undefined },
    { ...BARE, role: 'assistant', text: `answered ${mark}`, answered: true },
  ] as const
  const common = { databaseIds: [database.id], title: `talk ${mark}`, deleteAt: undefined }
  const conversation = await world.conversations.createConversation({ ...common, holder: { accountId }, publicationId: undefined })
  const [, said] = await world.conversations.addTurn({ accountId }, conversation.id, turn, undefined)
  const visitor = await visitorOf(world, publication.id)
  await world.publications.createVisitor({ id: visitor.id, publicationId: publication.id, deleteAt: world.now() + 86_400_000 })
  const heard = await world.conversations.createConversation({ ...common, holder: { visitorId: visitor.id }, publicationId: publication.id })
  const [, told] = await world.conversations.addTurn({ visitorId: visitor.id }, heard.id, turn, undefined)
  const link = await linkConversation(world, accountId, conversation.id, undefined)
  const upload = await world.uploads.begin({
    accountId,
    databaseId: database.id,
    ownerId: accountId,
    name: `upload ${mark}`,
    size: 10,
    mediaType: 'text/plain',
    externalId: undefined,
    title: undefined,
    metadata: {},
    fingerprint: undefined,
  })
  const [golden] = await world.golden.putCases(database.id, [
    { question: `golden ${mark}`, answerable: true, documents: [`${mark}.txt`], pages: [], answer: undefined, messageId: undefined },
  ])
  const trace = traceOf(accountId, mark, { conversationId: conversation.id, databaseIds: [database.id] })
  await world.traces.keepTrace(trace)
  const plan = await world.ledger.createPlan(`plan ${randomBytes(6).toString('hex')}`, NO_LIMITS)
  return {
    account: who.account,
    mark,
    token: who.token,
    sessionId: who.sessionId,
    databaseId: database.id,
    documentId: document.id,
    versionId: version.id,
    jobId: job?.id ?? '',
    keyId: key.id,
    invitationId: invitation.id,
    publicationId: publication.id,
    conversationId: conversation.id,
    messageId: said?.id ?? '',
    linkToken: link.text,
    visitorId: visitor.id,
    visitorToken: visitor.token,
    visitorConversationId: heard.id,
    visitorMessageId: told?.id ?? '',
    uploadId: upload.id,
    planId: plan.id,
    streamId: await answerOf(world, { kind: 'user', accountId, id: accountId }, { databaseIds: [database.id], mark }),
    visitorStreamId: await answerOf(world, { kind: 'visitor', accountId, id: visitor.id, publicationId: publication.id }, { databaseIds: [database.id], mark }),
    caseId: golden?.id ?? '',
    traceId: trace.id,
  }
}

/** Filled with the mark wherever somebody's words stand. */
function traceOf(accountId: string, mark: string, of: Pick<AnswerTrace, 'conversationId' | 'databaseIds'>): AnswerTrace {
  const hit = { chunkId: `chunk ${mark}`, documentId: 'd', name: `${mark}.txt`, score: 1, dense: 0.5, lexical: undefined }
  const called = { purpose: 'write', model: 'fake:model', system: `be ${mark}`, reply: `wrote ${mark}`, startedAt: 1, msToFirst: 1, ms: 2 }
  return {
    ...{ id: randomBytes(16).toString('hex'), accountId, visitorId: undefined, publicationId: undefined, answerId: undefined, ...of },
    ...{ question: `asked ${mark}`, startedAt: Date.now(), ms: 5, outcome: 'answered', writer: 'fake:model', text: `wrote ${mark}` },
    steps: [{ node: 'write', startedAt: 1, ms: 2, note: `noted ${mark}` }],
    searches: of.databaseIds.map((databaseId) => ({
      ...{ databaseId, versionId: 'v', query: `sought ${mark}`, mode: { mode: 'lexical' }, degraded: undefined, reranker: undefined },
      ...{ startedAt: 1, ms: 1, hits: [hit] },
    })),
    calls: [{ ...called, messages: [{ role: 'user', text: `said ${mark}` }], usage: undefined, cost: undefined, error: undefined }],
    sentences: [{ text: `wrote ${mark}`, verdict: 'weak', citations: [1], reason: `because ${mark}` }],
    ...{ usage: undefined, cost: 12, error: undefined, settings: { n: 8, voice: `voice ${mark}` } },
  }
}

/** An answer as another process of the server left it in the cache. */
async function answerOf(
  world: World,
  who: Pick<Caller, 'kind' | 'accountId' | 'id'> & { readonly publicationId?: string },
  { databaseIds, mark }: { readonly databaseIds: readonly string[]; readonly mark: string },
): Promise<string> {
  const id = world.newId('str')
  const { publicationId } = who
  const meta = { owner: ownerOf({ publicationId, ...who }), process: 'another', databaseIds, ...(publicationId === undefined ? {} : { publicationId }) }
  await world.cache.set(metaOf(id), JSON.stringify(meta), 600_000)
  const error = { code: 'answer/stopped', message: `about ${mark}`, facts: {}, hint: '', retry: true }
  await world.cache.append(logOf(id), packed({ seq: 1, event: 'answer-error', text: JSON.stringify({ error }) }), 600_000)
  return id
}

/** A second session of the same account, to be ended by a test. */
export async function anotherSession(world: World, account: Account): Promise<string> {
  return (await signedIn(world, account)).sessionId
}

async function* once(text: string): AsyncIterable<Uint8Array> {
  yield new TextEncoder().encode(text)
}
