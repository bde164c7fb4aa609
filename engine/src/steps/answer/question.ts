export type QuestionKind = 'person' | 'time' | 'number' | 'place' | 'definition' | 'steps' | 'other'

/** By the languages of the analysis; the first that fits. What is not known is `other`: it only loses a hint. */
const KINDS: readonly (readonly [kind: QuestionKind, pattern: RegExp])[] = [
  [
    'number',
    /\bhow (?:many|much|old|long|far|tall|high|large|big|often|deep|fast|wide)\b|\bwhat (?:percent\w*|number|amount|share|size|population)\b|\bwie ?(?:viel\w*|hoch|groß|lang|alt|weit|oft)\b|\bcuánt[oa]s?\b|сколько|\bkaç\b|\bcâ(?:t|ți|te|tă)\b|bao nhiêu|多少|几|कितन|كم |πόσ|กี่|เท่าไ|\b(?:net|total) (?:sales|revenues?|income)\b/iu,
  ],
  [
    'time',
    /\bwhen\b|\b(?:what|which|in what) (?:year|month|day|date|century|decade)\b|\bwann\b|\bwelche[ms]? jahr\b|\bcuándo\b|\bqué año\b|когда|в каком году|ne zaman|hangi yıl|\bcând\b|khi nào|năm nào|什么时候|何时|哪一年|哪年|कब|किस वर्ष|متى|πότε|เมื่อใด|เมื่อไ|ปีใด/iu,
  ],
  [
    'person',
    /\bwho(?:se|m)?\b|\bwer\b|\bwem\b|\bwen\b|\bquién(?:es)?\b|\bкто\b|кем|\bkim\b|\bcine\b|\bai\b(?= (?:là|đã))|谁|किसने|कौन|\bمن\b(?= )|ποι[οό]ς|ใคร/iu,
  ],
  [
    'place',
    /\bwhere\b|\b(?:what|which|in what) (?:city|country|state|place|town|river|region)\b|\bwo\b|\bwoher\b|\bdónde\b|\bгде\b|\bnere\w+|\bunde\b|ở đâu|哪里|在哪|कहाँ|أين|πού|ที่ไหน/iu,
  ],
  [
    'steps',
    /\bhow (?:do|does|can|could|should|to|would|must|may)\b|\bwie (?:kann|mache|wird|muss|geht|beantrag\w*)\b|\bcómo\b|\bкак\b|\bnasıl\b|\bcum\b|如何|怎么|怎样|कैसे|كيف|πώς|อย่างไร|\bsteps\b|\bprocedure\b/iu,
  ],
  [
    'definition',
    /^\s*(?:what (?:is|are|was|were|does .{1,60} mean)|define|explain|describe|was (?:ist|sind|bedeutet)|qué (?:es|son)|что такое|什么是|क्या है)\b/iu,
  ],
]

export function kindOf(question: string): QuestionKind {
  return KINDS.find(([, pattern]) => pattern.test(question))?.[0] ?? 'other'
}

const MONTH =
  /\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b|\b(?:1\d|20)\d\d\b|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\p{Nd}{1,4} ?[年月日]|\bcentur|\bjahrhundert|\bsiglo/iu
const NUMBER_WORD =
  /\p{Nd}|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand|million|billion|half|percent|zwei|drei|vier|fünf|dos|tres|cuatro|один|два|три)\b|[一二三四五六七八九十百千万亿]/iu
/** A capital inside a sentence, or any word of a script without capitals. */
const NAME = /(?<=[\p{Ll}\p{N},;:)“"'-]\s)\p{Lu}\p{L}+|^\p{Lu}\p{L}+\s+\p{Lu}\p{L}+|[\p{Script=Han}\p{Script=Thai}\p{Script=Arabic}\p{Script=Devanagari}]{2}/u

/** Has this sentence what such a question asks for, besides the words of the question itself? */
export function offers(kind: QuestionKind, sentence: string, question: string): boolean {
  const asked = new Set(question.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? [])
  const rest = sentence.replace(/[\p{L}\p{M}\p{N}]+/gu, (word) => (asked.has(word.toLowerCase()) ? word.toLowerCase().replace(/\p{N}/gu, '_') : word))
  if (kind === 'number') return NUMBER_WORD.test(rest)
  if (kind === 'time') return MONTH.test(rest)
  if (kind === 'person' || kind === 'place') return NAME.test(rest)
  return false
}
