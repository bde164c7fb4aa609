import { denies, inPlain, losesReserve, mayAgree, prefixed, withoutDenials } from './denials.ts'

// What turns a sentence round: denials, and words of direction, order, size and duty. Compared clause by clause.

interface Opposites {
  readonly name: string
  readonly sides: readonly [RegExp, RegExp]
  /** A sentence may say it only when what it cites does. */
  readonly needed: boolean
}

const start = (words: string) => new RegExp(`(?<![\\p{L}\\p{M}])(?:${words.split(' ').join('|')})`, 'iu')
const whole = (words: string) => new RegExp(`(?<![\\p{L}\\p{M}])(?:${words.split(' ').join('|')})(?![\\p{L}\\p{M}])`, 'iu')
const either = (...all: readonly RegExp[]) => new RegExp(all.map(({ source }) => source).join('|'), 'iu')

const OPPOSITES: readonly Opposites[] = [
  {
    name: 'direction',
    needed: true,
    sides: [
      either(
        start(
          'increas rise rises rising rose risen grew grow gain higher exceed improv climb surg rais steig stieg erhöh wuchs wächst gewachsen zugenommen aument subió subi crec creció mejor augment hausse progress creșt cresc crescut mărit artı artt yüksel вырос рост увелич повыс tăng αυξή αύξη вырасти',
        ),
        /增|上升|提高|เพิ่ม|बढ़|वृद्धि|ارتفع|زاد|زيادة|増|上が/u,
      ),
      either(
        start(
          'decreas fall falls falling fell fallen declin drop reduc lower cut(?:s|ting)?(?![a-z]) shr[aiu]nk worsen sank sink gesunken fiel gefallen verringer abgenommen disminu baj redu descend cayó caíd dimin baiss recul scăd scaz azal düş сниз упал паден уменьш giảm μειώ μείω',
        ),
        /减少|下降|降低|ลด|घट|कमी|انخفض|تراجع|減|下が/u,
      ),
    ],
  },
  {
    name: 'gain and loss',
    needed: false,
    sides: [
      start('profit gain income gewinn ganancia bénéfic utile прибыл'),
      whole('loss losses verlust verluste pérdida pérdidas perte pertes убыток убытки'),
    ],
  },
  {
    name: 'order',
    needed: false,
    sides: [
      whole('before prior vor bevor antes avant перед до înainte önce trước πριν قبل पहले ก่อน'),
      whole('after following nach nachdem después tras après после după sonra sau μετά بعد बाद หลัง'),
    ],
  },
  {
    name: 'size',
    needed: false,
    sides: [
      whole('more over above most maximum mehr über höchstens más sobre máximo plus больше более свыше'),
      whole('less fewer under below least minimum weniger unter mindestens menos bajo mínimo moins меньше менее'),
    ],
  },
  {
    name: 'size',
    needed: false,
    sides: [
      /\b(?:more|greater|higher) than\b|\bmehr als\b|\bmás de\b|\bplus de\b|\bболее\b/iu,
      /\bat most\b|\bup to\b|\bhöchstens\b|\bcomo máximo\b|\bau plus\b|\bне более\b/iu,
    ],
  },
  {
    name: 'size',
    needed: false,
    sides: [/\b(?:less|fewer|lower) than\b|\bweniger als\b|\bmenos de\b|\bmoins de\b/iu, /\bat least\b|\bmindestens\b|\bal menos\b|\bau moins\b/iu],
  },
  {
    name: 'limit',
    needed: true,
    sides: [
      /\bat least\b|\bminimum of\b|\bmindestens\b|\bal menos\b|\bau moins\b|не менее/iu,
      /\bat most\b|\bmaximum of\b|\bhöchstens\b|\bcomo máximo\b|\bau plus\b|не более/iu,
    ],
  },
  {
    name: 'first and last',
    needed: false,
    sides: [
      whole('first earliest erste erster ersten primero primera premier première первый первая'),
      whole('last latest letzte letzter letzten último última dernier dernière последний последняя'),
    ],
  },
  {
    name: 'duty',
    needed: false,
    sides: [
      whole('must shall required mandatory obligatory muss müssen verpflichtet debe deben obligatorio doit doivent должен должны обязан'),
      whole('may can might could optional allowed permitted kann können darf dürfen puede pueden peut peuvent может могут'),
    ],
  },
  {
    name: 'extent',
    needed: false,
    sides: [
      whole('all every each always alle jeder immer todos todas siempre tous toutes toujours все всегда'),
      whole('some few sometimes partly einige manche manchmal algunos algunas certains parfois некоторые иногда'),
    ],
  },
  ...(
    [
      ['approval', 'approv genehmig aprob aprueb approuv', 'reject ablehn abgelehnt lehnt rechaz rejet refus'],
      [
        'permission',
        'permit permis allow authori[sz] erlaub gestatt autoris autoriz',
        'prohibit forbid forbad ban(?:s|ned)?(?![a-z]) verb[io][et] untersag prohíb prohib interdi',
      ],
      ['grant', 'grant(?:s|ed|ing)?(?![a-z]) gewähr conced accorde', 'refus den(?:y|ied|ies)(?![a-z]) verweiger deneg reject abgelehnt'],
      ['acceptance', 'accept akzept angenommen acept', 'declin(?:e|ed|es)(?![a-z]) refus reject abgelehnt rechaz'],
      ['judgment', 'convict verurteil conden condamn', 'acquit freigesprochen absuel absuelt'],
      ['position', 'support(?:s|ed|ing)?(?![a-z]) unterstütz apoy soutien', 'oppos ablehn opon'],
      ['state', 'open(?:s|ed|ing)?(?![a-z]) geöffnet abiert ouvert', 'clos(?:e|es|ed|ing)(?![a-z]) geschlossen cerrad fermé'],
      ['term', 'within(?![a-z]) innerhalb binnen dentro', 'after(?![a-z]) später después après'],
      ['outcome', 'win(?:s|ning)?(?![a-z]) won(?![a-z]) gewann ganó gagné', 'los(?:e|es|t|ing)(?![a-z]) verlor perdió perdu'],
    ] as const
  ).map(([name, one, other]): Opposites => ({ name, needed: false, sides: [start(one), start(other)] })),
  {
    name: 'in and out',
    needed: false,
    sides: [
      whole(
        'include includes included including cover covers covered covering abgedeckt deckt gedeckt cubre cubierto couvre couvert einschließlich incluye incluido inclus включая',
      ),
      whole('exclude excludes excluded excluding ausschließt ausgeschlossen ausschließlich excluye excluido exclu исключая'),
    ],
  },
]
const CLAUSE =
  /(?:[;!?。！？；，،؛।|\n]|[.:](?!\d))+|,(?!\d)|\s[–—-]\s|(?<![\p{L}\p{M}])(?:and|but|while|whereas|although|however|und|aber|während|sondern|pero|mientras|et|mais|и|но|а|ve|ama|și|dar|nhưng|και|αλλά)(?![\p{L}\p{M}])/iu

interface Clause {
  readonly text: string
  readonly terms: ReadonlySet<string>
  readonly denies: boolean
}

/**
 * `round`: it says the contrary of its likeliest source. `alone`: it has a word of direction that its source has not. `denied`:
 * a word of it stands only where its source denies. `unsure`: one of both denies, and a contrary of the other may say the same.
 * `reserved`: its source tells it as said or meant, not as so.
 */
export interface Turn {
  readonly kind: 'round' | 'alone' | 'denied' | 'unsure' | 'reserved'
  readonly about: string
}

/** Does the sentence deny, or point another way than, what it cites? `termsOf` gives the words that carry a text. */
export function turned(sentence: string, cited: string, termsOf: (text: string) => ReadonlySet<string>): Turn | undefined {
  const theirs = clausesOf(cited, termsOf)
  let alone: Turn | undefined
  for (const clause of clausesOf(sentence, termsOf)) {
    const near = likest(clause, theirs)
    const denial = denialTurn(clause, near, theirs)
    if (denial?.kind === 'round') return denial
    alone ??= denial
    const reserved = losesReserve(
      sentence,
      near.map(({ text }) => text),
    )
    if (reserved) alone ??= { kind: 'reserved', about: 'a reserve' }
    if (near.length > 0 && near.every((one) => one.denies === clause.denies && isContrary(clause.text, one.text))) return { kind: 'round', about: 'a contrary' }
    const opposite = oppositeTurn(clause, near, theirs, cited)
    if (opposite?.kind === 'round') return opposite
    alone ??= opposite
  }
  return alone
}

function denialTurn(clause: Clause, near: readonly Clause[], theirs: readonly Clause[]): Turn | undefined {
  if (near.length > 0 && near.every(({ denies }) => denies !== clause.denies)) {
    const agrees = near.some(({ text }) => (clause.denies ? mayAgree(text, clause.text) : mayAgree(clause.text, text)))
    return { kind: agrees ? 'unsure' : 'round', about: 'a denial' }
  }
  if (near.length === 0 && clause.denies && !theirs.some(({ denies }) => denies)) {
    return { kind: theirs.some(({ text }) => mayAgree(text, clause.text)) ? 'unsure' : 'round', about: 'a denial' }
  }
  const elsewhere = (term: string) => theirs.some(({ terms }) => terms.has(term)) && theirs.every(({ terms, denies }) => denies || !terms.has(term))
  return !clause.denies && [...clause.terms].some(elsewhere) ? { kind: 'denied', about: 'a denial' } : undefined
}

function isContrary(one: string, other: string): boolean {
  return prefixed(one, other) || prefixed(other, one)
}

function oppositeTurn(clause: Clause, near: readonly Clause[], theirs: readonly Clause[], cited: string): Turn | undefined {
  let alone: Turn | undefined
  for (const { name, sides, needed } of OPPOSITES) {
    for (const [mine, contrary] of [sides, [sides[1], sides[0]] as const]) {
      if (!mine.test(clause.text) || contrary.test(clause.text)) continue
      const where = near.length > 0 ? near : theirs
      if (where.some(({ text }) => mine.test(text))) continue
      if (near.length > 0 ? where.some(({ text }) => contrary.test(text)) : contrary.test(cited) && !mine.test(cited)) {
        // “Not approved” and “rejected” agree.
        if (near.length > 0 && near.every(({ denies }) => denies !== clause.denies)) continue
        return { kind: 'round', about: name }
      }
      if (needed && !mine.test(cited)) alone ??= { kind: 'alone', about: name }
    }
  }
  return alone
}

/** Clauses as they stand, without those of signs alone. */
export function clauseTexts(text: string): string[] {
  return text.split(CLAUSE).filter((piece) => /[\p{L}\p{N}]/u.test(piece))
}

function clausesOf(text: string, termsOf: (text: string) => ReadonlySet<string>): Clause[] {
  return clauseTexts(inPlain(text)).map((piece) => ({ text: piece, terms: termsOf(withoutDenials(piece)), denies: denies(piece) }))
}

/** Clauses that share most words with it, and at least half of its own. */
function likest(clause: Clause, all: readonly Clause[]): Clause[] {
  if (clause.terms.size === 0) return []
  let [most, best]: [number, Clause[]] = [0, []]
  for (const one of all) {
    const shared = [...clause.terms].filter((term) => one.terms.has(term)).length
    if (shared > most) [most, best] = [shared, [one]]
    else if (shared === most && shared > 0) best.push(one)
  }
  return most * 2 >= clause.terms.size ? best : []
}
