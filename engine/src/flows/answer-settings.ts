import { type AnswerSettings, EXTRACTIVE, NO_RERANKER } from '../domain/answering.ts'
import { CHAT_PROVIDERS, checkModelName, RERANK_PROVIDERS } from '../domain/models.ts'

/** Whether there are such providers; no model is asked, and keys may come later. @throws model/unknown */
export function checkAnswers({ chatModel, rerankModel }: Partial<AnswerSettings>): void {
  if (chatModel !== undefined && chatModel !== EXTRACTIVE) checkModelName(chatModel, CHAT_PROVIDERS)
  if (rerankModel !== undefined && rerankModel !== NO_RERANKER) checkModelName(rerankModel, RERANK_PROVIDERS)
}
