import type { QueryTerm } from '../../ports/chunks.ts'

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

/** Words that ask, and words that only hold a sentence together: whether a text has them says nothing. */
const FUNCTION_WORDS = new Set(
  (
    'who whom whose what which when where why how do does did can could should would may might must shall will is are was were be been being am ' +
    'have has had i me my we us our you your he she it its they them their this that these those there here a an the of in on at to for from by ' +
    'with as and or but if than then so into about any some many much more most please tell name give list explain describe define mean means ' +
    'wer wen wem wessen was welche welcher welches welchem welchen wann wo woher wohin warum wieso wie viel viele ist sind war waren wird werden ' +
    'wurde wurden hat haben hatte der die das den dem des ein eine einen einem einer eines und oder in im an am auf aus bei mit nach von zu zum zur fur es er sie ich wir ' +
    'quien quienes que cual cuales cuando donde como cuanto cuanta cuantos cuantas por es son era fue fueron esta estan ha han el la los las un una unos unas de del y o en con para se su sus al a ' +
    'cine ce care cand unde cum cat cati cate este sunt fost au si pe la din cu ' +
    'кто что какой какая какое какие когда где куда откуда почему как сколько чем кем чего был была было были в на и с по из за о к от для это ' +
    'kim ne hangi neden nasil kac nerede nereye nereden zaman mi mu bir ve ile icin ' +
    'ai gi nao khi dau tai sao nhu the bao nhieu la cua co nhung cac mot va ' +
    'ποιος ποια ποιο ποιοι ποιες τι ποτε που πως ποσο ποσα ποσοι ποσες γιατι ειναι ηταν ο η το οι τα του της των τον την στο στη στην στον και με για απο σε ' +
    '的 是 了 在 有 和 与 哪 哪里 哪个 哪些 什么 谁 多少 几 何时 为什么 如何 怎么 吗 呢 ' +
    'क्या कौन किस कब कहाँ कहां क्यों कैसे कितना कितने कितनी का की के में से को ने है हैं था थे थी और पर ' +
    'ما ماذا من متى اين أين لماذا كيف كم هل في على الى إلى عن هو هي كان كانت التي الذي و'
  ).split(' '),
)

/** One word of the question in all the forms that the index may have it in. */
export interface AskedWord {
  readonly forms: readonly string[]
}

/** The words that carry the question; all of them when it holds no others. Expansions of lesser weight are left out. */
export function askedWords(terms: readonly QueryTerm[]): AskedWord[] {
  const words = new Map<number, string[]>()
  for (const [index, { term, weight, word }] of terms.entries()) {
    if (weight < 1) continue
    const key = word ?? -1 - index
    words.set(key, [...(words.get(key) ?? []), term])
  }
  const all = [...words.values()].map((forms) => ({ forms }))
  const carrying = all.filter(({ forms }) => !forms.some((form) => FUNCTION_WORDS.has(form)))
  return carrying.length > 0 ? carrying : all
}
