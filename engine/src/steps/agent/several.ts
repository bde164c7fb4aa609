/** More are not searched for by themselves. */
const MOST_PARTS = 4

/** Longer ones say themselves what they compare; and patterns stay quick whatever is asked. */
const LONGEST_COMPARISON = 250

/** Comparisons, with what is compared as groups. */
const COMPARISONS: readonly RegExp[] = [
  /\b(?:differences?|distinction|comparison) between (.{1,80}?) and (.{1,80})/iu,
  /\bcompare (.{1,80}?) (?:and|with|to) (.{1,80})/iu,
  /\b(?:how|in what way) (?:does|do|is|are) (.{1,80}?) (?:differ|different) from (.{1,80})/iu,
  /^(.{1,80}?) (?:vs\.?|versus) (.{1,80})/iu,
  /\bunterschied(?:e)? zwischen (.{1,80}?) und (.{1,80})/iu,
  /\bvergleich(?:e|en sie)? (.{1,80}?) (?:und|mit) (.{1,80})/iu,
  /\bdifférences? entre (.{1,80}?) et (.{1,80})/iu,
  /\bcompare[rz]? (.{1,80}?) (?:et|avec|à) (.{1,80})/iu,
  /\bdiferencias? entre (.{1,80}?) (?:y|e) (.{1,80})/iu,
  /\bcompara[r]? (.{1,80}?) (?:y|con) (.{1,80})/iu,
  /\bdifferenz[ae] tra (.{1,80}?) e (.{1,80})/iu,
  /\bdiferenças? entre (.{1,80}?) e (.{1,80})/iu,
  /\bverschil(?:len)? tussen (.{1,80}?) en (.{1,80})/iu,
  /\bdiferenț[aăe](?:le)? (?:dintre|între) (.{1,80}?) și (.{1,80})/iu,
  /разниц[аыу] между (.{1,80}?) и (.{1,80})/iu,
  /διαφορ(?:ά|ές) μεταξύ (.{1,80}?) και (.{1,80})/iu,
  /الفرق بين (.{1,80}?) و(.{1,80})/u,
  /([^和]{1,40})和([^和的之有]{1,40})(?:的|之间的|有什么)(?:区别|差别|不同)/u,
]

/**
 * Parts of a question that are worth a search of their own: several questions in one, and both sides of a comparison. Empty for a
 * plain question.
 */
export function partsOf(question: string): readonly string[] {
  const parts = questionsIn(question)
  const sides = (parts.length > 0 ? parts : [question]).flatMap(sidesOf)
  const all = [...parts, ...sides].map((part) => part.replace(/[?？؟!.\s]+$/u, '').trim())
  return [...new Set(all)].filter((part) => part.length > 1 && part !== question.trim()).slice(0, MOST_PARTS)
}

/** The questions that are asked in one, with what is told between them; empty when it is only one. */
export function questionsIn(text: string): readonly string[] {
  const asked = text
    .split(/(?<=[?？؟])/u)
    .map((part) => part.trim())
    .filter((part) => /\p{L}/u.test(part))
  return asked.filter((part) => /[?？؟]$/u.test(part)).length > 1 ? asked : []
}

function sidesOf(question: string): readonly string[] {
  if (question.length > LONGEST_COMPARISON) return []
  for (const pattern of COMPARISONS) {
    const found = pattern.exec(question)
    if (found?.[1] !== undefined && found[2] !== undefined) return [found[1], found[2]]
  }
  return []
}
