import fc from 'fast-check'
import type { AnswerSettings } from '../domain/answering.ts'
import { LEVELS } from '../domain/caller.ts'
import { AppError } from '../domain/errors.ts'
import { type CatalogUnderTest, newDatabase, newUpload, SETTINGS, sha } from './catalog.contract.ts'

/** Any call of catalog or queue, with arguments that meet each other often. */
export interface Step {
  readonly name: keyof typeof STEPS
  readonly wait: number
  readonly owner: string
  readonly a: number
  readonly b: number
  readonly c: number
}

export const OWNERS = ['ann', 'bob', 'cem']
const GRANTEES = [...OWNERS, 'everyone']
const NAMED = ['one', 'two', 'Ü']
const EXTERNAL = ['a', 'b', 'c/d', 'ü']
const WORKERS = ['w1', 'w2']
const STATES = ['queued', 'processing', 'ready', 'failed', 'archive'] as const
/** An id that was made: the last one for 0, the one before for 1 and so on, round and round. */
export type Made = (prefix: string, back: number) => string
const pick = <T>(list: readonly T[], index: number): T => list[index % list.length] as T
const FAULT = new AppError('document/corrupt', { reason: 'x' }).body()

const ANSWERS: readonly Partial<AnswerSettings>[] = [
  {},
  { strictness: 'remove' },
  { voice: "it's", rerankModel: 'none' },
  { strictness: 'mark', voice: undefined },
]
const STEPS = {
  create: ({ catalog }: CatalogUnderTest, { owner, a }: Step) => catalog.createDatabase(newDatabase(owner, pick(NAMED, a))),
  rename: ({ catalog }: CatalogUnderTest, { owner, a, b }: Step, made: Made) =>
    catalog.updateDatabase(owner, made('db', a), { name: pick(['one', 'two', 'U\u0308'], b), description: pick(['', 'text'], b) }),
  answers: ({ catalog }: CatalogUnderTest, { owner, a, b, c }: Step, made: Made) =>
    catalog.updateDatabase(owner, made('db', a), { answers: { ...pick([{}, { chatModel: 'openai:a' }, { chatModel: undefined }], b), ...pick(ANSWERS, c) } }),
  share: ({ catalog }: CatalogUnderTest, { owner, a, b, c }: Step, made: Made) => catalog.share(owner, made('db', a), pick(GRANTEES, b), pick(LEVELS, c)),
  unshare: ({ catalog }: CatalogUnderTest, { owner, a, b }: Step, made: Made) => catalog.unshare(owner, made('db', a), pick(GRANTEES, b)),
  removeDatabase: ({ catalog }: CatalogUnderTest, { owner, a }: Step, made: Made) => catalog.removeDatabase(owner, made('db', a)),
  forgetDatabase: async ({ catalog }: CatalogUnderTest, { a }: Step, made: Made) => [...(await catalog.forgetDatabase(made('db', a)))].sort(),
  upload: ({ catalog }: CatalogUnderTest, { owner, a, b, c }: Step, made: Made) =>
    catalog.acceptUpload(
      newUpload(owner, made('db', a), pick(EXTERNAL, b), pick(['A', 'BB'], c), {
        metadata: pick([{}, { year: 1 }, { year: 2 }], c),
        title: pick([undefined, 'Title'], a + c),
        parentId: c === 7 ? made('doc', b) : undefined,
      }),
    ),
  setMetadata: ({ catalog }: CatalogUnderTest, { owner, a, b, c }: Step, made: Made) =>
    catalog.setMetadata(owner, made('db', a), made('doc', b), pick([{ x: true }, { y: [1, 2] }], c)),
  retry: ({ catalog }: CatalogUnderTest, { owner, a, b }: Step, made: Made) => catalog.retryDocument(owner, made('db', a), made('doc', b)),
  removeDocument: ({ catalog }: CatalogUnderTest, { owner, a, b }: Step, made: Made) => catalog.removeDocument(owner, made('db', a), made('doc', b)),
  forgetDocument: ({ catalog }: CatalogUnderTest, { b }: Step, made: Made) => catalog.forgetDocument(made('doc', b)),
  processing: ({ catalog }: CatalogUnderTest, { b, c }: Step, made: Made) => catalog.markProcessing(made('doc', b), (c % 3) + 1),
  extracted: ({ catalog }: CatalogUnderTest, { b, c }: Step, made: Made) =>
    catalog.markExtracted(made('doc', b), (c % 3) + 1, {
      mediaType: 'text/x',
      title: pick([undefined, 'Found'], c),
      pages: pick([undefined, 3], c),
      extractedSha256: sha(`x${c}`),
      warnings: ['w'],
    }),
  failed: ({ catalog }: CatalogUnderTest, { b, c }: Step, made: Made) => catalog.markFailed(made('doc', b), (c % 3) + 1, FAULT),
  archive: ({ catalog }: CatalogUnderTest, { b, c }: Step, made: Made) => catalog.markArchive(made('doc', b), (c % 2) + 1),
  published: ({ catalog }: CatalogUnderTest, { a, b, c }: Step, made: Made) =>
    catalog.markPublished(made('doc', b), (c % 3) + 1, made('ver', a), { chunks: c, tokens: 10 * c }),
  createVersion: ({ catalog }: CatalogUnderTest, { a, b }: Step, made: Made) => catalog.createVersion(made('db', a), { ...SETTINGS, chunkSize: 100 + b }),
  buildVersion: ({ catalog }: CatalogUnderTest, { a, b }: Step, made: Made) =>
    catalog.createVersion(made('db', a), { ...SETTINGS, chunkSize: 100 + b }, 'build'),
  settleVersion: ({ catalog }: CatalogUnderTest, { a, b }: Step, made: Made) => catalog.settleVersion(made('db', a), made('ver', b)),
  coverage: ({ catalog }: CatalogUnderTest, { a, b }: Step, made: Made) => catalog.coverage(made('db', a), made('ver', b)),
  removeVersion: ({ catalog }: CatalogUnderTest, { a, b }: Step, made: Made) => catalog.removeVersion(made('db', a), made('ver', b)),
  requestSwitch: ({ catalog }: CatalogUnderTest, { a, b }: Step, made: Made) => catalog.requestSwitch(made('db', a), made('ver', b)),
  switchLive: ({ catalog }: CatalogUnderTest, { a, b }: Step, made: Made) => catalog.switchLive(made('db', a), made('ver', b)),
  versionState: ({ catalog }: CatalogUnderTest, { a, b }: Step, made: Made) =>
    catalog.setVersionState(made('ver', a), pick(['building', 'retired', 'dropped', 'live'] as const, b)),
  unpublished: ({ catalog }: CatalogUnderTest, { a, b, c }: Step, made: Made) => catalog.unpublished(made('db', a), made('ver', b), { limit: c + 1 }),
  remember: ({ catalog }: CatalogUnderTest, { owner, a, c }: Step) => catalog.remember(owner, pick(['k', 'l'], a), { fingerprint: 'f', status: c, body: '' }),
  claim: ({ queue }: CatalogUnderTest, { a, c }: Step) =>
    queue.claim(pick(WORKERS, a), 20 * (c + 1), pick([undefined, ['remove', 'drop'], ['ingest']] as const, c)),
  renew: ({ queue }: CatalogUnderTest, { a, b, c }: Step, made: Made) =>
    queue.renew(made('job', b), pick(WORKERS, a), 50, { stage: 'embed', done: c, total: 9 }),
  checkpoint: ({ queue }: CatalogUnderTest, { a, b, c }: Step, made: Made) => queue.checkpoint(made('job', b), pick(WORKERS, a), `at ${c}`),
  finish: ({ queue }: CatalogUnderTest, { a, b }: Step, made: Made) => queue.finish(made('job', b), pick(WORKERS, a)),
  retryLater: ({ queue }: CatalogUnderTest, { a, b, c, wait }: Step, made: Made) =>
    queue.retryLater(made('job', b), pick(WORKERS, a), FAULT, 1_000_000 + 30 * c + wait),
  release: ({ queue }: CatalogUnderTest, { a, b }: Step, made: Made) => queue.release(made('job', b), pick(WORKERS, a)),
  fail: ({ queue }: CatalogUnderTest, { a, b }: Step, made: Made) => queue.fail(made('job', b), pick(WORKERS, a), FAULT),
  cancelled: ({ queue }: CatalogUnderTest, { a, b }: Step, made: Made) => queue.cancelled(made('job', b), pick(WORKERS, a)),
  requestCancel: ({ queue }: CatalogUnderTest, { owner, b }: Step, made: Made) => queue.requestCancel(owner, made('job', b)),
  endLeases: ({ queue }: CatalogUnderTest) => queue.endLeases(),
  noteSpeed: ({ queue }: CatalogUnderTest, { a, b, c }: Step) => queue.noteSpeed(pick(['index', 'embed'], a), 8 * b, 4 * c),
  speed: async ({ queue }: CatalogUnderTest, { a }: Step) => (await queue.speed(pick(['index', 'embed'], a)))?.toPrecision(9),
  forgetBefore: ({ queue }: CatalogUnderTest, { c }: Step) => queue.forgetBefore(1_000_000 + 20 * c),
  listing: ({ catalog }: CatalogUnderTest, { owner, a, b, c }: Step, made: Made) =>
    catalog.documents(owner, made('db', a), {
      limit: b + 1,
      ...(c > 3 ? { state: pick(STATES, c) } : {}),
      ...(c % 2 === 0 ? { search: pick(EXTERNAL, b).toUpperCase() } : {}),
    }),
} as const

// Steps that bring a history on are drawn more often than those that end it, and recent things are meant more often
// than old ones: so that documents, versions and jobs do reach their later states.
const RARE: ReadonlySet<string> = new Set([
  'removeDatabase',
  'forgetDatabase',
  'removeDocument',
  'archive',
  'create',
  'rename',
  'remember',
  'endLeases',
  'forgetBefore',
])
const OFTEN: ReadonlySet<string> = new Set([
  'upload',
  'claim',
  'published',
  'extracted',
  'failed',
  'createVersion',
  'buildVersion',
  'settleVersion',
  'switchLive',
  'requestSwitch',
  'finish',
  'versionState',
])
const NAMES = Object.keys(STEPS) as (keyof typeof STEPS)[]
const name = fc.oneof(...NAMES.map((each) => ({ arbitrary: fc.constant(each), weight: RARE.has(each) ? 1 : OFTEN.has(each) ? 8 : 3 })))
const near = fc.oneof({ arbitrary: fc.constant(0), weight: 5 }, { arbitrary: fc.constant(1), weight: 2 }, { arbitrary: fc.nat({ max: 7 }), weight: 2 })
const owner = fc.oneof({ arbitrary: fc.constant('ann'), weight: 12 }, { arbitrary: fc.constantFrom('bob', 'cem'), weight: 1 })
const wait = fc.constantFrom(0, 0, 0, 1, 1, 30, 30, 100, 100, 5001)
const first: Step = { name: 'create', wait: 0, owner: 'ann', a: 0, b: 0, c: 0 }
export const history = fc
  .array(fc.record({ name, wait, owner, a: near, b: near, c: near }), { minLength: 5, maxLength: 120, size: 'max' })
  .map((steps): Step[] => [first, ...steps])

export async function outcome(store: CatalogUnderTest, step: Step, made: Made): Promise<unknown> {
  try {
    return { value: await STEPS[step.name](store, step, made) }
  } catch (error) {
    if (error instanceof AppError) return { error: error.code, facts: error.facts }
    throw error
  }
}

/** A map has no order of its own. */
function byKey<T>(map: ReadonlyMap<string, T>): readonly (readonly [string, T])[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1))
}

export async function everything({ catalog, queue }: CatalogUnderTest, ids: ReadonlyMap<string, readonly string[]>): Promise<unknown> {
  const all = [...(ids.get('db') ?? []), 'db_none']
  const seen: unknown[] = [await queue.depth(), await queue.waitingSince(), byKey(await queue.active(all)), byKey(await catalog.overview(all))]
  seen.push(await catalog.embeddersInUse())
  for (const owner of OWNERS) {
    seen.push(await queue.jobs(owner, { limit: 100 }), await catalog.recall(owner, 'k'))
    const { items } = await catalog.visible(owner, { limit: 100 })
    for (const { database, level } of items) {
      seen.push(database, level, await catalog.versions(database.id))
      if (database.ownerId === owner) seen.push(await catalog.documents(owner, database.id, { limit: 100 }), await catalog.shares(owner, database.id))
    }
    seen.push(await catalog.databasesOf(owner))
    for (const id of ids.get('db') ?? []) seen.push(await catalog.level(owner, id))
    for (const name of NAMED) {
      seen.push(
        await catalog.access(owner, name).then(
          ({ database, level }) => [database.id, level],
          (error: unknown) => (error instanceof AppError ? error.code : String(error)),
        ),
      )
    }
  }
  for (const id of ids.get('db') ?? []) {
    seen.push(
      await catalog.summary(id),
      await catalog.missingDocuments(id, [...EXTERNAL, 'none', ...EXTERNAL]),
      byKey(await catalog.coverages(id)).filter(([, { documents }]) => documents > 0),
    )
  }
  for (const id of ids.get('doc') ?? []) seen.push(await catalog.documentById(id), await catalog.entries(id))
  for (const content of ['A', 'BB', 'x0', 'x1', 'x2']) seen.push(await catalog.blobInUse(sha(content)))
  return seen
}
