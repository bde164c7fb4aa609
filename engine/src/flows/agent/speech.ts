import { SPOKEN, type Spoken } from '../../steps/agent/sentences.ts'
import { latinEvidence, scriptLanguage } from '../../steps/analyze/language.ts'
import { tokens } from '../../steps/analyze/tokens.ts'

/** The language that a question is answered in where the sentence is ours: English where it cannot be told. */
export function spokenIn(question: string): Spoken {
  if (/\p{Script=Han}/u.test(question)) return 'zh'
  if (/\p{Script=Thai}/u.test(question)) return 'th'
  const words = tokens(question)
  const byScript = words.flatMap((word) => scriptLanguage(word) ?? [])[0]
  const [latin] = latinEvidence(words)
  const found = byScript ?? (latin !== undefined && latin.score >= 1 ? latin.language : undefined)
  return SPOKEN.find((one) => one === found) ?? 'en'
}
