/** A question with fewer words of its own goes on from the one before it. */
const FEW_WORDS = 3
/** With a word that points back it may have some more. */
const SOME_WORDS = 5

/** At the beginning: it goes on with something. */
const GOES_ON = new RegExp(
  `^(?:${[
    'and|but|so|or|also|then|what about|how about|und|aber|oder|auch|was ist mit|wie ist es mit|wie steht es mit|et|mais|aussi|qu en est il|y|',
    'pero|también|qué pasa con|e|ma|anche|mas|também|en|maar|ook|hoe zit het met|și|dar|ve|peki ya|peki|а|и|но|а как насчёт|και|αλλά|و|ولكن|',
    'ماذا عن|और|लेकिन|và|còn|thế còn|那么|那|还有',
  ].join('')})(?=\\s|$|\\p{Script=Han})`,
  'u',
)
/** Anywhere: it points to what was named before. */
const POINTS_BACK = new RegExp(
  `(?<![\\p{L}\\p{M}])(?:${[
    'it|its|they|them|their|this|that|these|those|he|she|him|her|his|there|one|ones|same|former|latter|er|sie|es|ihn|ihm|ihr|ihnen|dies|',
    'diese[rsnm]?|jene[rsnm]?|das|dort|davon|dafür|damit|daran|darüber|il|elle|ils|elles|cela|ça|ceci|celui|celle|ceux|celles|y|éste?|ésta?|eso|',
    'esto|esos|esas|ellos|ellas|él|ella|allí|questo|questa|quello|quella|esso|essa|loro|isso|isto|ele|ela|eles|elas|dit|deze|die|hij|zij|hem|',
    'haar|daar|daarvan|acesta|aceasta|el|ea|ei|o|bu|şu|onu|bunu|onun|bunun|onlar|orada|он|она|оно|они|его|её|ее|их|им|это|этот|эта|эти|там|αυτό|',
    'αυτός|αυτή|αυτά|αυτές|του|της|τους|εκεί|هذا|هذه|ذلك|تلك|هو|هي|هم|هناك|यह|वह|इस|उस|ये|वे|इसे|उसे|इसका|उसका|nó|họ|đó|này|ấy',
  ].join('')})(?![\\p{L}\\p{M}])|[它他她]|这|那|มัน|นี้|นั้น`,
  'u',
)

/** Whether a question that follows others needs them to be understood. `ownWords`: those that carry it. */
export function leansOnHistory(question: string, ownWords: number): boolean {
  if (ownWords < FEW_WORDS) return true
  const plain = question
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim()
  return ownWords <= SOME_WORDS && (GOES_ON.test(plain) || POINTS_BACK.test(plain))
}

/** How many questions a chain of follow-ups is gone back. */
const MOST_BACK = 3
const MOST_CHARACTERS = 500

/**
 * The questions that a follow-up goes on from, oldest first: back to one that stands for itself, at most three. `asked` are the
 * earlier ones, oldest first.
 */
export function contextOf(asked: readonly string[], ownWordsOf: (question: string) => number): string {
  const back: string[] = []
  for (const question of asked.toReversed()) {
    back.unshift(question)
    if (back.length === MOST_BACK || ownWordsOf(question) >= FEW_WORDS) break
  }
  return back.join('\n').slice(-MOST_CHARACTERS).toWellFormed()
}
