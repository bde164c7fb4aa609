/** What becomes of a sentence that the passages it cites do not support: shown and marked, left out, or the whole answer is withheld. */
export const STRICTNESS = ['mark', 'remove', 'withhold'] as const
export type Strictness = (typeof STRICTNESS)[number]

/** How questions to a database are answered. Undefined: as the server is set. */
export interface AnswerSettings {
  /** `provider:model`; `extractive`: no model is asked. */
  readonly chatModel: string | undefined
  /** `provider:model`; `none`: hits stay as the search orders them. */
  readonly rerankModel: string | undefined
  /** How a model is to write, in the words of whoever manages it; no rule of citing can be changed by it. */
  readonly voice: string | undefined
  readonly strictness: Strictness
}

export const DEFAULT_ANSWERS: AnswerSettings = { chatModel: undefined, rerankModel: undefined, voice: undefined, strictness: 'mark' }
export const EXTRACTIVE = 'extractive'
export const NO_RERANKER = 'none'

/** What a chat does with questions that touch a topic: nothing, answer with a disclaimer, or refuse. */
export const GUARD_TOPICS = ['medical', 'financial', 'legal', 'harmful'] as const
export type GuardTopic = (typeof GUARD_TOPICS)[number]
export const GUARD_ACTIONS = ['off', 'disclaimer', 'refuse'] as const
export type GuardAction = (typeof GUARD_ACTIONS)[number]
export type GuardPolicy = Readonly<Record<GuardTopic, GuardAction>>
export const NO_GUARD: GuardPolicy = { medical: 'off', financial: 'off', legal: 'off', harmful: 'off' }

/** The strictest of several; of none `mark`. */
export function strictestOf(all: readonly Strictness[]): Strictness {
  return all.reduce<Strictness>((most, one) => (STRICTNESS.indexOf(one) > STRICTNESS.indexOf(most) ? one : most), 'mark')
}
