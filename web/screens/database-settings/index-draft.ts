import type { Input, Reply } from 'quarry-engine/client'

/** The settings of an index while they are chosen. */
export interface IndexDraft {
  /** `none`, the full name of a model, or a provider with its colon, whose model is in `name`. */
  readonly choice: string
  readonly name: string
  readonly chunkSize: string
  readonly overlap: string
}

type Settings = Pick<Reply<'getDatabase'>['settings'], 'model' | 'chunk_size' | 'chunk_overlap'>
type Models = Reply<'listModels'>['models']
export type Change = Input<'estimateRebuild'>['body']

export const NO_MODEL = 'none'
export const isProvider = (choice: string): boolean => choice.endsWith(':')
/** The part of a model's name that says who runs it. */
export const providerOf = (model: string): string => model.slice(0, Math.max(0, model.indexOf(':')))

export function draftOf({ model, chunk_size, chunk_overlap }: Settings, models: Models): IndexDraft {
  const provider = `${providerOf(model)}:`
  const isListed = model === NO_MODEL || models.some(({ name }) => name === model)
  const byName = !isListed && models.some(({ name }) => name === provider)
  return {
    choice: byName ? provider : model,
    name: byName ? model.slice(provider.length) : '',
    chunkSize: String(chunk_size),
    overlap: String(chunk_overlap),
  }
}

export interface DraftProblems {
  readonly name: boolean
  readonly chunkSize: boolean
  readonly overlap: boolean
}

export function problemsOf({ choice, name, chunkSize, overlap }: IndexDraft): DraftProblems {
  const size = Number(chunkSize)
  return {
    name: isProvider(choice) && name.trim() === '',
    chunkSize: !isWhole(chunkSize, 32, 8192),
    overlap: !isWhole(overlap, 0, Math.min(4096, Number.isFinite(size) ? Math.floor(size / 2) : 4096)),
  }
}

/** What differs from the live version, as the routes take it; undefined when nothing does or something is wrong. */
export function changeOf(draft: IndexDraft, live: Settings): Change | undefined {
  if (Object.values(problemsOf(draft)).some(Boolean)) return undefined
  const model = isProvider(draft.choice) ? `${draft.choice}${draft.name.trim()}` : draft.choice
  const [size, overlap] = [Number(draft.chunkSize), Number(draft.overlap)]
  if (model === live.model && size === live.chunk_size && overlap === live.chunk_overlap) return undefined
  return { model, chunk_size: size, chunk_overlap: overlap }
}

function isWhole(text: string, least: number, most: number): boolean {
  const value = Number(text)
  return text.trim() !== '' && Number.isInteger(value) && value >= least && value <= most
}
