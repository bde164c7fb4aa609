/** Languages of the Latin script that are told apart by their commonest words. Those without a stemmer keep their words whole. */
const COMMON: Readonly<Record<string, string>> = {
  en: 'the of and to in is that for was with as by on are this from at which be it have has had not were or an what who how when where why does did can you your we our they their its into than been will would about between after most many do there if but he she his her',
  de: 'der die das und ist in den von zu mit im für auf nicht ein eine einer einem eines des dem als auch es an werden wird aus er sie sind bei nach wie wurde war welche welcher welches wer wo wann warum durch über zum zur oder hat haben einen am so',
  fr: 'le la les de des du et est en un une dans que qui pour par sur au aux avec pas ce cette ses son sa il elle ils sont été plus ne se quel quelle quels quelles quand où comment pourquoi était ou nous vous leur leurs mais',
  es: 'el la los las de del y que en un una es por con para se su sus al como más fue son lo no qué cuál cuándo dónde quién cómo o este esta entre era desde han ha sobre cuántos cuántas también ser pero',
  it: 'il lo la gli le di del della dei delle che e è in un una per con non si da sono come più nel nella al alla anche dal quale quando dove chi perché era ha questo questa o ma suo sua dello degli',
  pt: 'o a os as de do da dos das e é em um uma que para com por não no na nos nas se ao mais como foi são seu sua qual quando onde quem ou pelo pela mas também ser ter à',
  nl: 'de het een en van in is dat op te zijn met voor niet die aan er als door ook bij naar werd was uit wordt om wat wie waar wanneer hoe deze dit heeft of maar worden hun zich',
  ro: 'și şi de la în a al ai ale cu din pe care un o este sunt pentru nu se că fi fost mai prin ce cine când unde cum lui sau au unei unui după între sa câte câți această acest era',
  tr: 've bir bu da de için ile olarak olan ne en çok daha gibi kadar sonra hangi nedir kim nerede zaman mi mı mu mü değil her ise veya olduğu tarafından ya ki kaç nasıl neden hangisi vardır var',
  sv: 'och att det som en är på av för med den i till inte om ett var han har de sig från vid kan när hur vad vem eller men under efter där vilken vilket',
  da: 'og at det som en er på af for med den i til ikke om et var han har de sig fra ved kan når hvordan hvad hvem eller men under efter der blev hvilken hvilket',
  no: 'og at det som en er på av for med den i til ikke om et var han har de seg fra ved kan når hvordan hva hvem eller men under etter der ble hvilken hvilket',
  fi: 'ja on ei että se oli hän ovat kun mutta joka niin tai myös kuin sen sekä mitä mikä kuka missä milloin miten miksi jotka ole voi',
  hu: 'a az és hogy nem is egy van volt de meg mint ez azt csak ha vagy ki mi mikor hol hogyan miért melyik el már még aki ami után',
  cs: 'a se v je na že s z do to o i jako za od pro ve by ale po který která které co kdo kdy kde jak proč byl byla jsou při nebo není',
  pl: 'i w na z do się że nie jest to o jak po od za dla przez są co kto kiedy gdzie dlaczego który która które oraz był było ma ich tym przy',
  vi: 'và của là các được trong những một có cho không với người này đã khi từ để về nào gì ai ở đâu bao nhiêu năm đến như tại vào theo ông nhiều',
  id: 'yang dan di dari untuk dengan ini itu pada adalah dalam tidak ke oleh sebagai juga akan atau ada apa siapa kapan mana bagaimana mengapa dapat telah lebih',
}

const names = Object.keys(COMMON)
const byWord = new Map<string, { readonly languages: readonly number[]; readonly share: number }>()
for (const [index, name] of names.entries()) {
  for (const word of (COMMON[name] ?? '').split(' ')) {
    const languages = [...(byWord.get(word)?.languages ?? []), index]
    byWord.set(word, { languages, share: 1 / languages.length })
  }
}

/** Evidence by language, strongest first: a common word counts 1, shared among the languages that have it. */
export function latinEvidence(words: readonly string[]): readonly { readonly language: string; readonly score: number }[] {
  const scores = new Float64Array(names.length)
  for (const word of words) {
    const common = byWord.get(word)
    if (common === undefined) continue
    for (const index of common.languages) scores[index] = (scores[index] ?? 0) + common.share
  }
  return names.flatMap((language, index) => ((scores[index] ?? 0) > 0 ? [{ language, score: scores[index] ?? 0 }] : [])).sort((a, b) => b.score - a.score)
}

/** The Latin language of a whole chunk; undefined unless its common words are frequent and clearly its own. */
export function latinLanguage(words: readonly string[]): string | undefined {
  const [first, second] = latinEvidence(words)
  if (first === undefined || first.score < 1.5 || first.score < 0.02 * words.length) return undefined
  return first.score >= 1.2 * (second?.score ?? 0) ? first.language : undefined
}

/** Language by script alone, for scripts of which one language is stemmed. Letters of its neighbours speak against it. */
export function scriptLanguage(word: string): string | undefined {
  const code = word.charCodeAt(0)
  if (code < 0x370) return undefined
  if (code < 0x400 || (code >= 0x1f00 && code < 0x2000)) return 'el'
  if (code < 0x530) return /[іїєґўђјљњћџѓќѕ]/.test(word) ? undefined : 'ru'
  if (code >= 0x600 && code < 0x700) return /[پچژگکیےٹڈڑںھ]/.test(word) ? undefined : 'ar'
  if (code >= 0x900 && code < 0x980) return 'hi'
  return undefined
}

/** Letters written in the Latin script and its extensions. */
export function isLatin(word: string): boolean {
  const code = word.charCodeAt(0)
  return code < 0x250 || (code >= 0x1e00 && code < 0x1f00)
}

/** A function word, in lower case, of some language of the Latin script. */
export function isCommonWord(word: string): boolean {
  return byWord.has(word)
}
