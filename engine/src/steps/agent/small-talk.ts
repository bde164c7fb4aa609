import { SPOKEN, type Spoken } from './sentences.ts'

export type SmallTalk = 'hello' | 'thanks' | 'bye' | 'help' | 'ready'

/** Phrases by kind. `ready` are words that only go along with the others, or stand alone: "ok", "great". */
const PHRASES: Readonly<Record<Spoken, Readonly<Record<SmallTalk, string>>>> = {
  en: {
    hello:
      'hello|hi|hey|hiya|howdy|greetings|good morning|good afternoon|good evening|good day|hello there|hi there|hey there|how are you|how are you doing|whats up|nice to meet you',
    thanks:
      'thanks|thank you|thx|ty|cheers|thanks a lot|thank you very much|thank you so much|thanks so much|many thanks|much appreciated|that helps|that helped|very helpful',
    bye: 'bye|goodbye|bye bye|see you|see you later|see you soon|have a nice day|have a good day|good night|take care|until next time',
    help: 'who are you|what are you|what can you do|what do you do|how can you help|how can you help me|what can i ask|what can i ask you|are you a bot|are you human|are you there',
    ready:
      'ok|okay|alright|great|cool|perfect|good|nice|fine|i see|got it|understood|awesome|excellent|super|wonderful|no worries|for now|all|everyone|bot|again|then|well|yes please',
  },
  de: {
    hello: 'hallo|guten tag|guten morgen|guten abend|moin|servus|gruss gott|hallo zusammen|wie geht es dir|wie geht es ihnen|wie gehts',
    thanks: 'danke|danke schon|dankeschon|vielen dank|besten dank|danke dir|danke ihnen|danke sehr|herzlichen dank|das hilft|das hat geholfen|sehr hilfreich',
    bye: 'tschuss|auf wiedersehen|bis bald|bis spater|ciao|schonen tag noch|schonen tag|gute nacht|mach es gut|machs gut',
    help: 'wer bist du|wer sind sie|was kannst du|was konnen sie|was machst du|wie kannst du helfen|wie kannst du mir helfen|was kann ich fragen|bist du ein bot',
    ready: 'okay|ok|alles klar|verstanden|gut|prima|super|perfekt|toll|sehr gut|in ordnung|klasse',
  },
  fr: {
    hello: 'bonjour|salut|bonsoir|coucou|comment allez vous|comment vas tu|ca va',
    thanks: 'merci|merci beaucoup|merci bien|je vous remercie|grand merci',
    bye: 'au revoir|a bientot|bonne journee|bonne soiree|bonne nuit|a plus',
    help: 'qui es tu|qui etes vous|que peux tu faire|que pouvez vous faire|comment peux tu maider|comment pouvez vous maider',
    ready: 'daccord|parfait|super|tres bien|compris|genial|entendu|ca marche',
  },
  es: {
    hello: 'hola|buenos dias|buenas tardes|buenas noches|buenas|que tal|como estas|como esta',
    thanks: 'gracias|muchas gracias|mil gracias|muchisimas gracias|te lo agradezco|se lo agradezco',
    bye: 'adios|hasta luego|hasta pronto|chao|nos vemos|que tengas un buen dia',
    help: 'quien eres|quien es usted|que puedes hacer|que sabes hacer|como puedes ayudarme|en que puedes ayudarme',
    ready: 'vale|de acuerdo|perfecto|genial|entendido|muy bien|bien|estupendo',
  },
  it: {
    hello: 'ciao|buongiorno|buonasera|buon giorno|buona sera|salve|come stai|come sta|come va',
    thanks: 'grazie|grazie mille|molte grazie|tante grazie|ti ringrazio|la ringrazio',
    bye: 'arrivederci|a presto|addio|buona giornata|buona serata|buonanotte',
    help: 'chi sei|cosa sai fare|che cosa sai fare|cosa puoi fare|come puoi aiutarmi',
    ready: 'va bene|perfetto|capito|ottimo|benissimo|daccordo',
  },
  pt: {
    hello: 'ola|oi|bom dia|boa tarde|boa noite|tudo bem|como vai|como esta',
    thanks: 'obrigado|obrigada|muito obrigado|muito obrigada|valeu|agradeco',
    bye: 'tchau|adeus|ate logo|ate breve|ate mais|tenha um bom dia',
    help: 'quem e voce|quem es tu|o que voce pode fazer|o que podes fazer|como voce pode me ajudar',
    ready: 'certo|perfeito|entendi|otimo|esta bem|beleza',
  },
  nl: {
    hello: 'hallo|hoi|goedemorgen|goedemiddag|goedenavond|goedendag|dag|hoe gaat het',
    thanks: 'dank je|dank u|dankjewel|dankuwel|bedankt|hartelijk dank|dank je wel|dank u wel|heel erg bedankt',
    bye: 'tot ziens|doei|tot straks|tot later|fijne dag|fijne dag nog|goedenacht',
    help: 'wie ben je|wie bent u|wat kun je|wat kan je|wat kunt u|hoe kun je mij helpen|hoe kan je helpen',
    ready: 'oke|prima|begrepen|goed|perfect|duidelijk|helemaal goed',
  },
  ro: {
    hello: 'buna|salut|buna ziua|buna dimineata|buna seara|ce mai faci|ce mai faceti',
    thanks: 'multumesc|mersi|multumesc mult|va multumesc|iti multumesc|multumesc frumos',
    bye: 'la revedere|pa|pe curand|o zi buna|noapte buna',
    help: 'cine esti|cine sunteti|ce poti face|cum ma poti ajuta|ce stii sa faci',
    ready: 'bine|perfect|am inteles|super|in regula|foarte bine',
  },
  tr: {
    hello: 'merhaba|selam|gunaydın|gunaydin|iyi gunler|iyi aksamlar|nasılsın|nasilsin|nasılsınız|selamlar',
    thanks: 'tesekkurler|tesekkur ederim|sag ol|sagol|cok tesekkurler|cok tesekkur ederim|eyvallah',
    bye: 'hosca kal|hoscakal|gule gule|gorusuruz|iyi geceler|hosca kalın',
    help: 'sen kimsin|siz kimsiniz|ne yapabilirsin|nasıl yardım edebilirsin|bana nasıl yardım edebilirsin',
    ready: 'tamam|harika|anladım|anladim|mukemmel|guzel|super|peki',
  },
  ru: {
    hello: 'привет|здравствуи|здравствуите|добрыи день|доброе утро|добрыи вечер|как дела|приветствую',
    thanks: 'спасибо|большое спасибо|спасибо большое|благодарю|спс|огромное спасибо',
    bye: 'пока|до свидания|до встречи|всего доброго|спокоинои ночи|хорошего дня',
    help: 'кто ты|кто вы|что ты умеешь|что ты можешь|что вы умеете|чем ты можешь помочь',
    ready: 'хорошо|понятно|отлично|ок|океи|ясно|супер|понял|поняла',
  },
  el: {
    hello: 'γεια|γεια σου|γεια σας|καλημερα|καλησπερα|χαιρετε|τι κανεις|τι κανετε|πως εισαι',
    thanks: 'ευχαριστω|ευχαριστω πολυ|σε ευχαριστω|σας ευχαριστω|ευχαριστουμε',
    bye: 'αντιο|τα λεμε|καληνυχτα|καλη μερα|εις το επανιδειν',
    help: 'ποιος εισαι|τι μπορεις να κανεις|πως μπορεις να με βοηθησεις',
    ready: 'ενταξει|τελεια|καταλαβα|ωραια|πολυ καλα|οκ',
  },
  ar: {
    hello: 'مرحبا|اهلا|السلام عليكم|صباح الخير|مساء الخير|كيف حالك|اهلا وسهلا|أهلا',
    thanks: 'شكرا|شكرا جزيلا|شكرا لك|شكرا كثيرا|أشكرك|اشكرك',
    bye: 'مع السلامة|إلى اللقاء|الى اللقاء|وداعا|تصبح على خير',
    help: 'من أنت|من انت|ماذا يمكنك أن تفعل|كيف يمكنك مساعدتي|ماذا تستطيع أن تفعل',
    ready: 'حسنا|ممتاز|فهمت|جيد|تمام|رائع',
  },
  hi: {
    hello: 'नमस्ते|नमस्कार|हैलो|हेलो|आप कैसे हैं|कैसे हो|सुप्रभात',
    thanks: 'धन्यवाद|शुक्रिया|बहुत धन्यवाद|बहुत बहुत धन्यवाद|आपका धन्यवाद',
    bye: 'अलविदा|फिर मिलेंगे|शुभ रात्रि',
    help: 'आप कौन हैं|तुम कौन हो|आप क्या कर सकते हैं|आप मेरी कैसे मदद कर सकते हैं',
    ready: 'ठीक है|अच्छा|समझ गया|समझ गई|बढ़िया|बहुत अच्छा',
  },
  vi: {
    hello: 'xin chao|chao|chao ban|chao buoi sang|ban khoe khong|chao buoi toi',
    thanks: 'cam on|cam on ban|cam on nhieu|cam on ban nhieu|xin cam on|cam on rat nhieu',
    bye: 'tam biet|hen gap lai|chuc ngu ngon|chao tam biet',
    help: 'ban la ai|ban co the lam gi|ban giup duoc gi|ban co the giup gi cho toi',
    ready: 'duoc roi|tuyet voi|toi hieu roi|tot|hay qua',
  },
  th: {
    hello: 'สวัสดี|สวัสดีครับ|สวัสดีค่ะ|หวัดดี|เป็นอย่างไรบ้าง|สบายดีไหม',
    thanks: 'ขอบคุณ|ขอบคุณครับ|ขอบคุณค่ะ|ขอบคุณมาก|ขอบคุณมากครับ|ขอบคุณมากค่ะ|ขอบใจ',
    bye: 'ลาก่อน|แล้วเจอกัน|บาย|ราตรีสวัสดิ์',
    help: 'คุณคือใคร|คุณทำอะไรได้บ้าง|คุณช่วยอะไรได้บ้าง',
    ready: 'โอเค|เข้าใจแล้ว|ดีมาก|ตกลง',
  },
  zh: {
    hello: '你好|您好|嗨|早上好|下午好|晚上好|大家好|你好吗',
    thanks: '谢谢|谢谢你|谢谢您|多谢|非常感谢|感谢|十分感谢|謝謝',
    bye: '再见|拜拜|回头见|晚安|再會',
    help: '你是谁|您是谁|你能做什么|你可以做什么|你会做什么|你能帮我什么',
    ready: '好的|好|明白了|明白|知道了|太好了|很好|可以',
  },
}

const LONGEST = 5
const KINDS: readonly SmallTalk[] = ['thanks', 'bye', 'help', 'hello', 'ready']
interface Known {
  readonly kind: SmallTalk
  readonly language: Spoken
}
const known = new Map<string, Known>()
for (const language of SPOKEN) {
  for (const kind of KINDS) {
    for (const phrase of PHRASES[language][kind].split('|')) {
      const key = plain(phrase)
      if (!known.has(key)) known.set(key, { kind, language })
    }
  }
}

/**
 * What a question is that holds nothing but small talk: the weightiest of its phrases and the language of that one. Undefined as
 * soon as it holds anything else.
 */
export function smallTalkOf(question: string): { readonly kind: SmallTalk; readonly language: Spoken | undefined } | undefined {
  const words = plain(question)
    .split(' ')
    .filter((word) => word !== '')
  if (words.length === 0) return /\p{Extended_Pictographic}/u.test(question.replace(/[\d#*]/g, '')) ? { kind: 'ready', language: undefined } : undefined
  const found: Known[] = []
  for (let at = 0; at < words.length; ) {
    const next = longestAt(words, at)
    if (next === undefined) return undefined
    found.push(next.known)
    at += next.length
  }
  const kind = KINDS.find((one) => found.some((phrase) => phrase.kind === one))
  const first = found.find((phrase) => phrase.kind === kind)
  return first === undefined ? undefined : first
}

function longestAt(words: readonly string[], at: number): { readonly known: Known; readonly length: number } | undefined {
  for (let length = Math.min(LONGEST, words.length - at); length > 0; length -= 1) {
    const phrase = known.get(words.slice(at, at + length).join(' '))
    if (phrase !== undefined) return { known: phrase, length }
  }
  return undefined
}

/** Words alone: without case, marks over letters, punctuation and signs. */
function plain(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/(?<=[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Arabic}])\p{M}+/gu, '')
    .replace(/['’`]/g, '')
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .replaceAll('ß', 'ss')
    .replaceAll('đ', 'd')
    .trim()
}
