import fc from 'fast-check'
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

const OWNERS = ['ann', 'bob']
const DATABASES = ['db_07919', 'db_05831', 'db_03743'] // the first ids that `rule` gives
const VERSIONS = ['ver_07919', 'ver_05831', 'ver_03743', 'ver_01655', 'ver_09574']
const DOCUMENTS = ['doc_07919', 'doc_05831', 'doc_03743', 'doc_01655', 'doc_09574', 'doc_07486']
const JOBS = ['job_07919', 'job_05831', 'job_03743', 'job_01655', 'job_09574', 'job_07486', 'job_05398', 'job_03310']
const EXTERNAL = ['a', 'b', 'c/d', 'ü']
const WORKERS = ['w1', 'w2']
const STATES = ['queued', 'processing', 'ready', 'failed', 'archive'] as const
const pick = <T>(list: readonly T[], index: number): T => list[index % list.length] as T
const FAULT = new AppError('document/corrupt', { reason: 'x' }).body()

const STEPS = {
  create: ({ catalog }: CatalogUnderTest, { owner, a }: Step) => catalog.createDatabase(newDatabase(owner, pick(['one', 'two', 'Ü'], a))),
  rename: ({ catalog }: CatalogUnderTest, { owner, a, b }: Step) =>
    catalog.updateDatabase(owner, pick(DATABASES, a), { name: pick(['one', 'two', 'U\u0308'], b), description: pick(['', 'text'], b) }),
  removeDatabase: ({ catalog }: CatalogUnderTest, { owner, a }: Step) => catalog.removeDatabase(owner, pick(DATABASES, a)),
  forgetDatabase: async ({ catalog }: CatalogUnderTest, { a }: Step) => [...(await catalog.forgetDatabase(pick(DATABASES, a)))].sort(),
  upload: ({ catalog }: CatalogUnderTest, { owner, a, b, c }: Step) =>
    catalog.acceptUpload(
      newUpload(owner, pick(DATABASES, a), pick(EXTERNAL, b), pick(['A', 'B'], c), {
        metadata: pick([{}, { year: 1 }, { year: 2 }], c),
        title: pick([undefined, 'Title'], a + c),
        parentId: c === 7 ? pick(DOCUMENTS, b) : undefined,
      }),
    ),
  setMetadata: ({ catalog }: CatalogUnderTest, { owner, a, b, c }: Step) =>
    catalog.setMetadata(owner, pick(DATABASES, a), pick(DOCUMENTS, b), pick([{ x: true }, { y: [1, 2] }], c)),
  retry: ({ catalog }: CatalogUnderTest, { owner, a, b }: Step) => catalog.retryDocument(owner, pick(DATABASES, a), pick(DOCUMENTS, b)),
  removeDocument: ({ catalog }: CatalogUnderTest, { owner, a, b }: Step) => catalog.removeDocument(owner, pick(DATABASES, a), pick(DOCUMENTS, b)),
  forgetDocument: ({ catalog }: CatalogUnderTest, { b }: Step) => catalog.forgetDocument(pick(DOCUMENTS, b)),
  processing: ({ catalog }: CatalogUnderTest, { b, c }: Step) => catalog.markProcessing(pick(DOCUMENTS, b), (c % 3) + 1),
  extracted: ({ catalog }: CatalogUnderTest, { b, c }: Step) =>
    catalog.markExtracted(pick(DOCUMENTS, b), (c % 3) + 1, {
      mediaType: 'text/x',
      title: pick([undefined, 'Found'], c),
      pages: pick([undefined, 3], c),
      extractedSha256: sha(`x${c}`),
      warnings: ['w'],
    }),
  failed: ({ catalog }: CatalogUnderTest, { b, c }: Step) => catalog.markFailed(pick(DOCUMENTS, b), (c % 3) + 1, FAULT),
  archive: ({ catalog }: CatalogUnderTest, { b, c }: Step) => catalog.markArchive(pick(DOCUMENTS, b), (c % 2) + 1),
  published: ({ catalog }: CatalogUnderTest, { a, b, c }: Step) =>
    catalog.markPublished(pick(DOCUMENTS, b), (c % 3) + 1, pick(VERSIONS, a), { chunks: c, tokens: 10 * c }),
  createVersion: ({ catalog }: CatalogUnderTest, { a, b }: Step) => catalog.createVersion(pick(DATABASES, a), { ...SETTINGS, chunkSize: 100 + b }),
  requestSwitch: ({ catalog }: CatalogUnderTest, { a, b }: Step) => catalog.requestSwitch(pick(DATABASES, a), pick(VERSIONS, b)),
  switchLive: ({ catalog }: CatalogUnderTest, { a, b }: Step) => catalog.switchLive(pick(DATABASES, a), pick(VERSIONS, b)),
  versionState: ({ catalog }: CatalogUnderTest, { a, b }: Step) =>
    catalog.setVersionState(pick(VERSIONS, a), pick(['building', 'retired', 'dropped', 'live'] as const, b)),
  unpublished: ({ catalog }: CatalogUnderTest, { a, b, c }: Step) => catalog.unpublished(pick(DATABASES, a), pick(VERSIONS, b), { limit: c + 1 }),
  remember: ({ catalog }: CatalogUnderTest, { owner, a, c }: Step) => catalog.remember(owner, pick(['k', 'l'], a), { fingerprint: 'f', status: c, body: '' }),
  claim: ({ queue }: CatalogUnderTest, { a, c }: Step) =>
    queue.claim(pick(WORKERS, a), 20 * (c + 1), pick([undefined, ['remove', 'drop'], ['ingest']] as const, c)),
  renew: ({ queue }: CatalogUnderTest, { a, b, c }: Step) => queue.renew(pick(JOBS, b), pick(WORKERS, a), 50, { stage: 'embed', done: c, total: 9 }),
  checkpoint: ({ queue }: CatalogUnderTest, { a, b, c }: Step) => queue.checkpoint(pick(JOBS, b), pick(WORKERS, a), `at ${c}`),
  finish: ({ queue }: CatalogUnderTest, { a, b }: Step) => queue.finish(pick(JOBS, b), pick(WORKERS, a)),
  retryLater: ({ queue }: CatalogUnderTest, { a, b, c, wait }: Step) => queue.retryLater(pick(JOBS, b), pick(WORKERS, a), FAULT, 1_000_000 + 30 * c + wait),
  release: ({ queue }: CatalogUnderTest, { a, b }: Step) => queue.release(pick(JOBS, b), pick(WORKERS, a)),
  fail: ({ queue }: CatalogUnderTest, { a, b }: Step) => queue.fail(pick(JOBS, b), pick(WORKERS, a), FAULT),
  cancelled: ({ queue }: CatalogUnderTest, { a, b }: Step) => queue.cancelled(pick(JOBS, b), pick(WORKERS, a)),
  requestCancel: ({ queue }: CatalogUnderTest, { owner, b }: Step) => queue.requestCancel(owner, pick(JOBS, b)),
  endLeases: ({ queue }: CatalogUnderTest) => queue.endLeases(),
  forgetBefore: ({ queue }: CatalogUnderTest, { c }: Step) => queue.forgetBefore(1_000_000 + 20 * c),
  listing: ({ catalog }: CatalogUnderTest, { owner, a, b, c }: Step) =>
    catalog.documents(owner, pick(DATABASES, a), {
      limit: b + 1,
      ...(c > 3 ? { state: pick(STATES, c) } : {}),
      ...(c % 2 === 0 ? { search: pick(EXTERNAL, b).toUpperCase() } : {}),
    }),
} as const

// Steps that bring a history on are drawn more often, so that documents, versions and jobs do reach their later states.
const OFTEN: readonly (keyof typeof STEPS)[] = [
  'create',
  'upload',
  'upload',
  'upload',
  'claim',
  'claim',
  'published',
  'published',
  'createVersion',
  'switchLive',
  'finish',
]
export const history = fc.array(
  fc.record({
    name: fc.constantFrom(...(Object.keys(STEPS) as (keyof typeof STEPS)[]), ...OFTEN),
    wait: fc.constantFrom(0, 0, 1, 30, 100),
    owner: fc.constantFrom('ann', 'ann', 'ann', 'bob'),
    a: fc.nat({ max: 7 }),
    b: fc.nat({ max: 7 }),
    c: fc.nat({ max: 7 }),
  }),
  { minLength: 5, maxLength: 80, size: 'max' },
)

export async function outcome(store: CatalogUnderTest, step: Step): Promise<unknown> {
  try {
    return { value: await STEPS[step.name](store, step) }
  } catch (error) {
    if (error instanceof AppError) return { error: error.code, facts: error.facts }
    throw error
  }
}

export async function everything({ catalog, queue }: CatalogUnderTest): Promise<unknown> {
  const seen: unknown[] = [await queue.depth()]
  for (const owner of OWNERS) {
    seen.push(await queue.jobs(owner, { limit: 100 }), await catalog.recall(owner, 'k'))
    const { items } = await catalog.databases(owner, { limit: 100 })
    for (const database of items) {
      seen.push(database, await catalog.versions(database.id), await catalog.documents(owner, database.id, { limit: 100 }))
    }
  }
  for (const id of DATABASES) seen.push(await catalog.summary(id))
  for (const id of DOCUMENTS) seen.push(await catalog.documentById(id), await catalog.entries(id))
  for (const content of ['A', 'B', 'x0', 'x1', 'x2']) seen.push(await catalog.blobInUse(sha(content)))
  return seen
}
