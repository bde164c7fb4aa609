import { denies } from './denials.ts'

// Sentences that claim nothing of the documents: they need no source.

/** Words of greetings, offers and lead-ins. A sentence of nothing else says nothing. */
const SMALL_TALK = new Set(
  (
    'any hello hi hey dear sure certainly absolutely course happy glad pleased help helps helping hope hopes let know tell ask asking question questions further ' +
    'anything else feel free answer answers answering following follows information according documents document handbook passage passages provided given based ' +
    'source sources here there summary short brief briefly sum thank thanks welcome please more details detail assist assistance great good okay ok yes no would like ' +
    'hallo guten tag gern gerne natürlich sicher hilft helfen hoffe wissen frage fragen weitere antwort folgende dokument dokumente dokumenten quellen hier zusammenfassung danke bitte ja nein ' +
    'steps step points point key main list overview reasons reason things example examples note notes important details shall explain want tell understand need interested ' +
    'schritte punkte überblick übersicht gründe wichtig pasos puntos resumen étapes points aperçu ' +
    'hola claro supuesto gusto ayuda ayudar espero pregunta preguntas respuesta siguiente documento documentos según aquí resumen gracias favor sí ' +
    'bonjour bien sûr volontiers aide aider espère question réponse suivant suivante document selon voici résumé merci oui non ' +
    'здравствуйте привет конечно помочь надеюсь вопрос вопросы ответ документы документ согласно вот спасибо пожалуйста да нет ' +
    'merhaba tabii elbette yardımcı soru cevap belge belgelere göre teşekkürler evet hayır bună desigur ajuta întrebare răspuns document documente mulțumesc ' +
    'xin chào chắc chắn giúp câu hỏi trả lời tài liệu cảm ơn γεια βέβαια βοηθήσω ερώτηση απάντηση έγγραφα ευχαριστώ'
  ).split(' '),
)
const ABSENCE =
  /^(?:unfortunately,?\s+|however,?\s+|leider\s+)?(?:the|these|those|your|die|los|las|les|в|din)?\s*(?:\p{L}+\s+)?(?:documents?|passages?|sources?|handbook|report|text|dokumente?n?|quellen?|unterlagen|documentos?|fuentes?|pasajes?|documents?|документ\p{L}*|documente\p{L}*)\s+(?:(?:do|does|did)\s+not|don['’]t|doesn['’]t|nennen|sagen|enthalten|no|ne|не|nu)\s+(?:\p{L}+\s+)?(?:say|state|mention|tell|contain|specify|give|nicht|keine?n?|dice|dicen|menciona\p{L}*|disent|mentionnent|contiennent|contiene\p{L}*|говор\p{L}*|содерж\p{L}*|упомина\p{L}*|spun\p{L}*)/iu

/** What takes for told what it says is not explained: “why”, “other than”, and what was or did. */
const PRESUMES =
  /(?<![\p{L}\p{M}])(?:why|whose|than|besides|beyond|apart from|except|despite|because of|warum|weshalb|wieso|außer|als|por qué|además|pourquoi|hormis|почему|кроме|(?:how|when|where|who|whom|which|wie|wann|wo|wer|cómo|cuándo|dónde|comment|quand|как|когда|где|кто)\s.*(?<![\p{L}\p{M}])(?:was|were|had|did|became|been|wurden?|hatten?|fue|fueron|había|été|avait|был[аио]?))(?![\p{L}\p{M}])/iu

export const PRESUMED = 'It says that something is not told, and takes for told what does not stand in what was found.'
const ABSENT = 'It says what the documents do not tell, which is not checked.'
export const LEADS = 'It leads to what follows.'
export const ASKS = 'It asks.'
export const SMALL_TALK_ONLY = 'It claims nothing of the documents.'

const WORD = /[\p{L}\p{M}\p{N}]+/gu

/** Marks of Markdown, and the number of a list item, say nothing. */
export function withoutMarks(sentence: string): string {
  return sentence
    .replace(/^\s*(?:>\s*)*(?:[-*+•‣▪]|\d{1,2}[.)](?=\s+\p{L})|[a-zA-Z][.)])\s+/u, '')
    .replace(/^\s*#{1,6}\s+/, '')
    .replace(/[*_`~]+/g, '')
    .trim()
}

/** What ends a clause that tells what is not told, and begins one that claims. */
const GOES_ON =
  /[.;:!,。；，،](?=\s|$)|\s[–—-]\s|(?<![\p{L}\p{M}])(?:so|but|because|therefore|thus|hence|which|although|though|instead|rather|implying|meaning|und|aber|weil|denn|daher|deshalb|sondern|sodass|pero|porque|entonces|así|mais|parce|donc|но|поэтому|потому|значит)(?![\p{L}\p{M}])/iu
const REPLIES = new Set(
  (
    'yes no yep nope sure certainly absolutely definitely indeed of course correct right exactly ja nein doch natürlich sicher genau gewiss sí claro supuesto por ' +
    'oui non bien sûr absolument sì да нет конечно evet hayır tabii elbette da nu desigur vâng có không ναι όχι'
  ).split(' '),
)

/** Yes or no and no more: it says what the sentence after it says. */
export function isBareReply(sentence: string): boolean {
  const words =
    withoutMarks(sentence)
      .toLowerCase()
      .match(/[\p{L}\p{M}]+/gu) ?? []
  return words.length > 0 && words.length <= 4 && words.every((word) => REPLIES.has(word))
}

/**
 * Why a sentence needs no source, for a person; undefined when it does. `carrying`: has the word a meaning of its own?
 * `told`: does it stand in the passages? Headings, lead-ins and questions of other words claim something.
 */
export function claimsNothing(sentence: string, carrying: (word: string) => boolean, told: (word: string) => boolean): string | undefined {
  const text = withoutMarks(sentence)
  const words = text.match(WORD) ?? []
  if (words.length === 0) return 'It holds no words.'
  const figures = /\p{N}/u.test(text)
  if (figures) return undefined
  const known = (word: string) => SMALL_TALK.has(word.toLowerCase()) || !carrying(word) || told(word)
  const names = !denies(text) && words.every(known)
  if (/[?？؟]["”’»)]*$/.test(text)) return names ? ASKS : undefined
  if (names && /[:：]$/.test(text) && words.length <= 20) return LEADS
  if (names && /^\s*#{1,6}\s/.test(sentence) && words.length <= 12) return 'It is a heading.'
  if (names && /^\s*\*\*[^*]+\*\*\s*$/.test(sentence) && words.length <= 12) return 'It is a heading.'
  const absent = words.length <= 30 ? onlyAbsent(text) : undefined
  if (absent !== undefined) return PRESUMES.test(absent) && !(absent.match(WORD) ?? []).every(known) ? PRESUMED : ABSENT
  if (words.length <= 14 && words.every((word) => SMALL_TALK.has(word.toLowerCase()) || !carrying(word))) return SMALL_TALK_ONLY
  return undefined
}

/** What is said not to be told, where nothing else is said; undefined otherwise. */
function onlyAbsent(text: string): string | undefined {
  const plain = text.replace(/\s+/g, ' ') // many blanks would be tried in all their parts
  const found = ABSENCE.exec(plain)?.[0]
  if (found === undefined) return undefined
  const [what = '', ...others] = plain.slice(found.length).split(GOES_ON)
  return others.every((rest) => !/[\p{L}\p{N}]/u.test(rest)) ? what : undefined
}

/** Pages that a sentence names, as it says them. */
export function pagesNamed(sentence: string): readonly { readonly text: string; readonly start: number; readonly first: number; readonly last: number }[] {
  return [...sentence.matchAll(PAGE)].flatMap((match) => {
    const numbers = [match[1], match[3]].map((one) => Number(one ?? match[4] ?? match[5]))
    const [first = 0, last = first] = numbers
    return Number.isInteger(first) ? [{ text: match[0], start: match.index, first, last: match[3] === undefined ? first : last }] : []
  })
}

const PAGE =
  /(?<![\p{L}\p{M}])(?:pages?|pp?\.|seiten?|s\.|páginas?|págs?\.|страниц\p{L}*|стр\.|sayfa(?:lar)?|paginile|pagina|pagine|trang|σελίδ\p{L}*|σελ\.|पृष्ठ|पेज|صفحة|الصفحة|หน้า)\s*(\d{1,5})(\s?(?:[-–—]|to|bis|and|und)\s?(\d{1,5}))?|第\s*(\d{1,5})\s*[页頁]|(\d{1,5})\s*ページ/giu
