/** More are not searched for by themselves. */
const MOST_PARTS = 4

/** Comparisons, with what is compared as groups. */
const COMPARISONS: readonly RegExp[] = [
  /\b(?:differences?|distinction|comparison) between (.+?) and (.+)/iu,
  /\bcompare (.+?) (?:and|with|to) (.+)/iu,
  /\b(?:how|in what way) (?:does|do|is|are) (.+?) (?:differ|different) from (.+)/iu,
  /(.+?) (?:vs\.?|versus) (.+)/iu,
  /\bunterschied(?:e)? zwischen (.+?) und (.+)/iu,
  /\bvergleich(?:e|en sie)? (.+?) (?:und|mit) (.+)/iu,
  /\bdifférences? entre (.+?) et (.+)/iu,
  /\bcompare[rz]? (.+?) (?:et|avec|à) (.+)/iu,
  /\bdiferencias? entre (.+?) (?:y|e) (.+)/iu,
  /\bcompara[r]? (.+?) (?:y|con) (.+)/iu,
  /\bdifferenz[ae] tra (.+?) e (.+)/iu,
  /\bdiferenças? entre (.+?) e (.+)/iu,
  /\bverschil(?:len)? tussen (.+?) en (.+)/iu,
  /\bdiferenț[aăe](?:le)? (?:dintre|între) (.+?) și (.+)/iu,
  /разниц[аыу] между (.+?) и (.+)/iu,
  /διαφορ(?:ά|ές) μεταξύ (.+?) και (.+)/iu,
  /الفرق بين (.+?) و(.+)/u,
  /(.+?)和(.+?)(?:的|之间的|有什么)(?:区别|差别|不同)/u,
]

/**
 * Parts of a question that are worth a search of their own: several questions in one, and both sides of a comparison. Empty for a
 * plain question.
 */
export function partsOf(question: string): readonly string[] {
  const asked = question
    .split(/(?<=[?？؟])/u)
    .map((part) => part.trim())
    .filter((part) => /\p{L}/u.test(part))
  const several = asked.filter((part) => /[?？؟]$/u.test(part))
  const parts = several.length > 1 ? asked : []
  const sides = (parts.length > 0 ? parts : [question]).flatMap(sidesOf)
  const all = [...parts, ...sides].map((part) => part.replace(/[?？؟!.\s]+$/u, '').trim())
  return [...new Set(all)].filter((part) => part.length > 1 && part !== question.trim()).slice(0, MOST_PARTS)
}

function sidesOf(question: string): readonly string[] {
  for (const pattern of COMPARISONS) {
    const found = pattern.exec(question)
    if (found?.[1] !== undefined && found[2] !== undefined) return [found[1], found[2]]
  }
  return []
}
