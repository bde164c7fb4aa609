// What a clause denies. Many languages deny in several words at once, which is one denial: “ne … pas”, “никогда не”, “no … nunca”.

const words = (all: string) => `(?<![\\p{L}\\p{M}])(?:${all.split(' ').join('|')})(?![\\p{L}\\p{M}])(?!\\.?\\s?\\d)`

/** What something may fall to, behind “to”: adjectives, and “lows” and its like behind a word that is no verb of telling or setting. */
const DEGREES = [
  'historic|record|former|previous|prior|earlier|new|fresh|low|lower|lowest|single|double|dangerously|negligible|all-time|(?:single|double|triple)-digit',
  String.raw`(?:multi|all|near|mid|sub|below|\p{L}+)-(?:year|month|week|decade|century|time|war)|pre-\p{L}{3,20}(?=\s+(?:lows?|highs?|levels?))`,
  String.raw`\p{L}{2,20}(?:ical|ional|imal|inal|ric|tic|ous|[^ns]able|ible|[^b]less|[^v]ary)|annual|usual|normal`,
  String.raw`(?!(?:set|change|cut|raise|reduce|increase|alter|adjust|keep|hold|maintain|discuss|disclose|reveal|report|publish|release|specify|name|give|share|state|confirm|approve|accept|estimate|forecast|predict|provide|test|check|measure|monitor|exceed|meet|reach|support|restore|review|investigate|address|record|lift|limit|cap|impose|fix|define|issue|present|identify|list|show|compare|discount|detail|sell|buy)\s)[\p{L}\p{N}-]{2,20}\s+(?:lows|highs|levels)`,
].join('|')

/** Each denies by itself, so that two of them affirm. */
const FULL = new RegExp(
  [
    words(
      'not no never none neither without cannot nothing nobody nowhere hardly fails failed fail failing unless lacks lack lacking ' +
        'nicht kein keine keinen keinem keiner keines nie niemals niemand nichts ohne weder sans non sin senza ' +
        'não sem niet geen nooit niemand zonder varken verken hverken inte ingen inget inga aldrig ikke bez нет не нельзя без ' +
        'nu fără değil yok hayır không chưa chẳng δεν δε μη μην όχι χωρίς nie nincs nelze ' +
        'नहीं मत बिना न لا ليس ليست لم لن غير بدون לא אין אינו אינה אינם אינן בלי ללא немає',
    ),
    String.raw`n['’]t(?![\p{L}\p{M}])`,
    // Verbs that take back the verb after them.
    String.raw`(?<![\p{L}\p{M}])(?:refus(?:e|es|ed|ing|al)|failures?|unable|unwilling|neglect(?:s|ed|ing)?|omit(?:s|ted|ting)?|ceas(?:e|es|ed|ing)|inability)(?=\s+to\s)`,
    // “Declined to 5%”, “declined to about a third” and “declined to record lows” tell of a fall.
    String.raw`(?<![\p{L}\p{M}])declin(?:e|es|ed|ing)(?=\s+to\s+(?!(?:the|an?|its|their|his|her|about|around|approximately|nearly|almost|roughly|just|only|less|more|below|under|between|zero|nil|one|two|three|four|five|six|seven|eight|nine|ten|levels?|half|\p{L}+ty|${DEGREES})(?![\p{L}\p{M}]))\p{L})`,
    String.raw`(?<![\p{L}\p{M}])(?:den(?:y|ies|ied|ying)|denials?|disput(?:e|es|ed|ing)|reject(?:s|ed|ing)?)(?=\s+(?:that|having|being|(?:the|any|all|these|those|its|his|her|their)\s+(?:claims?|allegations?|reports?|accusations?|rumou?rs?|suggestions?))(?![\p{L}\p{M}]))`,
    String.raw`(?<![\p{L}\p{M}])(?:refrain(?:s|ed|ing)?|abstain(?:s|ed|ing)?|prevent(?:s|ed|ing)?|stop(?:s|ped)|barred|bans|banned)(?=\s+(?:\p{L}+\s+){0,4}?from\s+\p{L}+ing(?!\p{L}))`,
    String.raw`(?<![\p{L}\p{M}])(?:avoid(?:s|ed)?|stop(?:s|ped)|den(?:ies|ied))(?=\s+\p{L}{2,}ing(?!\p{L}))`,
    String.raw`(?<=(?<![\p{L}\p{M}])(?:is|are|was|were|be|been|being|proved|proven|remains?|considered|called)\s{1,2}(?:\p{L}{1,20}ly\s{1,2})?)(?:false|untrue|unfounded|baseless|untruthful)(?![\p{L}\p{M}])`,
    String.raw`(?<![\p{L}\p{M}])(?:weiger(?:t|n|te|ten)|versäum(?:t|te|ten)|bestreitet|bestritt(?:en)?|leugnet(?:e|en)?|unterließ(?:en)?)(?![\p{L}\p{M}])`,
    String.raw`(?<![\p{L}\p{M}])(?:refus(?:e|ent|é|ée|és|ées|ait|aient|a|èrent)|omis|omet|nié|nie(?:nt)?)(?=\s+(?:de\s|d['’]|que\s|avoir\s|être\s))`,
    String.raw`(?<![\p{L}\p{M}])(?:neg(?:ó|aron|ado|aba|aban)|niega|niegan|rehus(?:ó|aron|a|an)|recus(?:ou|aram|a|am)(?:-se)?|negou|negaram)(?=\s+(?:a\s|que\s|haber\s|ter\s|\p{L}+r\s))`,
    String.raw`(?<![\p{L}\p{M}])(?:rifiut(?:a|ano|ato|ata|ati|ò|arono)|neg(?:a|ano|ato|ò)|nega)(?=\s+(?:di\s|che\s))`,
    String.raw`(?<![\p{L}\p{M}])(?:отказал(?:ся|ась|ось|ись)?|отказывается|отрицает|отрицал[аио]?)(?![\p{L}\p{M}])`,
    String.raw`(?<![\p{L}\p{M}])(?:weiger(?:t|en|de|den)|ontken(?:t|nen|de|den))(?=\s+(?:\p{L}+\s+)?(?:te|dat)(?!\p{L}))`,
    '不|没|沒|未|無|无(?!线)|ไม่|มิ(?:ได้|ใช่)|ません|なかった|ない(?=[。、\\s]|$)|않|아니|없|못|(?<=\\s)안(?=\\s)',
  ].join('|'),
  'giu',
)

/** They go with one of the others, and deny only where none is. */
const SECOND = new RegExp(
  [
    words(
      'nor except ne pas jamais aucun aucune nul nulle rien ni nunca jamás ningún ningun ninguna ninguno nadie nada tampoco ' +
        'nessun nessuno nessuna niente nulla nemmeno neanche neppure nenhum nenhuma ninguém nem ' +
        'ни никогда никто никого никому никем ничего ничто ничему нигде никуда никак никакой никакая никакие никакого никаких ' +
        'ніколи ніхто нічого ні никой нищо nigdy nikt nikogo nikomu niczego żaden żadna żadne żadnych żadnego nikdy nikdo žádný žádná žádné ' +
        'niciun nicio niciodată nimeni nimic nici hiç hiçbir kimse asla ποτέ κανείς κανένας κανέναν καμία κανένα τίποτα ούτε soha senki semmi',
    ),
    String.raw`(?<![\p{L}\p{M}])n['’](?=\p{L})`,
    // “Né” alone is French for born.
    String.raw`(?<![\p{L}\p{M}])né(?=\s[^.;]{1,120}\sné\s)`,
  ].join('|'),
  'giu',
)

/** Not a denial though it looks like one. */
const NO_DENIAL =
  /\bno(?=\.\s?\d)|\bnot only\b|\bnicht nur\b|\bno s[oó]lo\b|\bnon seulement\b|\bnão (?:só|apenas)\b|\bnon solo\b|не только|\b(?:no|not) later than\b|\bno doubt\b|不但|不仅|不僅|なければ(?:なりません|ならない|いけません|いけない)|(?<![\p{L}\p{M}])n(?:e\s|['’])(?=\p{L}+(?:\s(?!pas|plus|jamais|rien|aucune?|personne)\p{L}+){0,2}?\squ(?:e\s|['’]))/giu

const AT_MOST =
  /\b(?:no|not) (?:more|greater|higher|longer|larger|bigger) than\b|\b(?:(?:may|must|shall|can|should|do|does|will) )?not exceed(?:ing)?\b|\bnever exceeds?\b/giu
const AT_LEAST = /\b(?:no|not) (?:less|fewer|lower|shorter|smaller) than\b/giu

/** The same with idioms put plainly, so that “no more than” is no denial. For comparing alone. */
export function inPlain(text: string): string {
  return (
    text
      .replace(AT_MOST, 'at most')
      .replace(AT_LEAST, 'at least')
      .replace(/\b(?:nobody|no one|none|nothing) (?:but|except|other than)\b/giu, 'only')
      // A comma of German stands before the verb that is taken back.
      .replace(/(?<=(?<!\p{L})(?:weiger|versäum|bestreit|bestritt|leugn|unterließ)[^,.;]{0,60}),\s/giu, ' ')
  )
}

/** How often: an even number affirms. */
export function denials(text: string): number {
  const left = inPlain(text).replace(NO_DENIAL, ' ')
  const full = left.match(FULL)?.length ?? 0
  return full === 0 && (left.match(SECOND)?.length ?? 0) > 0 ? 1 : full
}

export function denies(text: string): boolean {
  return denials(text) % 2 === 1
}

export function withoutDenials(text: string): string {
  return text.replace(FULL, ' ').replace(SECOND, ' ')
}

/** What is told as said, suspected, or meant to be, not as so. */
const RESERVED =
  /(?<![\p{L}\p{M}])(?:alleg(?:e[sd]?|edly|ing|ations?)(?![\p{L}\p{M}])|rumou?r|purported|reported?ly|supposed|suspect|accus|claim(?:s|ed)?\s+that|(?:is|are|was|were)\s+said\s+to|(?:plan|hope|intend|propos|aim|seek|tr(?:y|ies|ied|ying)|attempt|expect)\p{L}*\s+(?:to\s|that\s)|considering|angeblich|mutmaßlich|vermutlich|soll(?:en)?\s+\p{L}+\s+haben|versuch|beabsichtig|plan(?:t|en|te|ten)(?!\p{L})|supuest|presunt|intent(?:ó|a|aron)\s|prétend|présumé|aurait|auraient|якобы|предположительно|sözde|iddia)/iu

const SAID =
  /(?<![\p{L}\p{M}])(?:alleg(?:e[sd]?|edly|ing|ations?)(?![\p{L}\p{M}])|rumou?r|purported|supposed|suspect|accus|angeblich|mutmaßlich|supuest|presunt|prétend|présumé|якобы)/iu
/** In small letters, as names and the month of May are not; with a capital only what begins a sentence and is no name. */
const ANY_RESERVE =
  /(?<![\p{L}\p{M}])(?:(?:[Pp]lan(?:s|ned|ning)?\s+(?:to|for)|hop(?:e|es|ed|ing)|[Ii]nten(?:d|ds|ded|ding|tions?)|[Pp]ropos(?:e|es|ed|ing|als?)|aim(?:s|ed|ing)?|seek(?:s|ing)?|sought|tr(?:y|ies|ied|ying)|[Aa]ttempt(?:s|ed|ing)?|[Ee]xpect(?:s|ed|ing|ations?)?|claim(?:s|ed|ing)?|said|says?|[Aa]ccording|(?:goals?|targets?)\s+(?:is|are|was|were|of|to|for)|will|would|should|may|might|could)(?![\p{L}\p{M}]))/u

/** Is something told as said or meant in the source, and as so in the sentence? */
export function losesReserve(sentence: string, sources: readonly string[]): boolean {
  if (sources.length === 0 || !sources.every((source) => RESERVED.test(source)) || RESERVED.test(sentence)) return false
  // Of what was accused or told no word may be left; of what was meant a word of the future is enough.
  return sources.every((source) => SAID.test(source)) || !ANY_RESERVE.test(sentence)
}

const stem = (all: string) => new RegExp(`(?<![\\p{L}\\p{M}])(?:${all.split(' ').join('|')})`, 'iu')
/** The first says by itself what the second says with a denial. */
const CONTRARY: readonly (readonly [RegExp, RegExp])[] = (
  [
    [
      'prohibit forbid forbad banned verboten untersagt prohibi interdi запрещ yasak vietat proibi',
      'may can could allow permit erlaub gestatte darf dürfen kann pued permi peut peuvent autoris разреш можно può pode',
    ],
    ['impossible unmöglich imposible невозможно', 'possible can could möglich kann posible peut pued возможно'],
    ['closed closes geschlossen cerrad fermé закрыт chiuso fechado', 'open geöffnet offen abiert ouvert открыт apert'],
    ['reject refus declin abgelehnt ablehn rechaz rejet', 'approv accept grant agree hear heard genehmig angenommen aprob acept approuv accord'],
    ['void ungültig nichtig nul', 'valid effective gültig'],
    ['exclud ausgeschlossen exclu', 'includ cover eligible insured versichert gedeckt inclu cubr couvr'],
    ['only nur sólo solo seulement', 'but except other anyone anybody andere'],
    ['until till bis hasta jusqu', 'after later nach después après'],
    ['otherwise needs? requires? sonst braucht', 'without ohne sin sans'],
    ['free kostenlos gratis gratuit', 'cost charge pay paid fee kosten'],
    ['expir end(?:s|ed) ceas stop terminat', 'continu remain valid longer renew'],
    ['absent abwesend', 'present attend anwesend'],
    ['unless without except', 'if when'],
    ['optional voluntary freiwillig', 'must required mandatory obligatory have muss'],
    ['vacant', 'occupied filled'],
  ] as const
).map(([one, other]) => [stem(one), stem(other)] as const)

const PREFIXED = /(?<![\p{L}\p{M}])(?:un|in|im|il|ir|non-?|dis)(\p{L}{4,})(?![\p{L}\p{M}])/giu
/** “Increase” is no contrary of “crease”. */
const NO_PREFIX =
  /^(?:crease[sd]?|form(?:s|ed|ing|ation)?|vest(?:s|ed|ing|ors?|ment)?|come|side|til|less|ited|der.*|ion.*|iver.*|port.*|prove.*|press.*|pact.*|tend.*|ternal|dustr.*|sur.*|clud.*|play.*|tribut.*|count.*)$/iu

/** Words of the one that are words of the other with “un-” or its like before them. */
export function prefixed(one: string, other: string): boolean {
  const plain = new Set((other.match(/\p{L}{4,}/gu) ?? []).map((word) => word.toLowerCase()))
  const own = new Set((one.match(/\p{L}{4,}/gu) ?? []).map((word) => word.toLowerCase()))
  return [...one.matchAll(PREFIXED)].some((match) => {
    const rest = (match[1] ?? '').toLowerCase()
    return !NO_PREFIX.test(rest) && plain.has(rest) && !plain.has(match[0].toLowerCase()) && !own.has(rest)
  })
}

/** May a clause that does not deny say the same as one that does: “is prohibited” and “may not”? */
export function mayAgree(plain: string, denying: string): boolean {
  if (prefixed(plain, denying)) return true
  return CONTRARY.some(([one, other]) => one.test(plain) && !one.test(withoutDenials(denying)) && other.test(denying))
}
