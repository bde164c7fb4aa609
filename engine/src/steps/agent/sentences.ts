/** Languages in which there are sentences of our own; in others they are English. */
export const SPOKEN = ['en', 'de', 'fr', 'es', 'it', 'pt', 'nl', 'ro', 'tr', 'ru', 'el', 'ar', 'hi', 'vi', 'th', 'zh'] as const
export type Spoken = (typeof SPOKEN)[number]

/** What is said without a model. `retold` and `listed` are followed by what was said. */
export interface Sentences {
  readonly hello: string
  readonly thanks: string
  readonly bye: string
  readonly ready: string
  readonly help: string
  readonly retold: string
  readonly listed: string
}

const SENTENCES: Readonly<Record<Spoken, Sentences>> = {
  en: {
    hello: 'Hello! Ask me something about the documents.',
    thanks: 'You are welcome.',
    bye: 'Goodbye!',
    ready: 'Ask me anything about the documents.',
    help: 'I answer questions from the documents and show where each answer stands. Ask me something about them.',
    retold: 'This was my last answer:',
    listed: 'This is what you asked so far:',
  },
  de: {
    hello: 'Hallo! Fragen Sie mich etwas zu den Dokumenten.',
    thanks: 'Gern geschehen.',
    bye: 'Auf Wiedersehen!',
    ready: 'Fragen Sie mich gern etwas zu den Dokumenten.',
    help: 'Ich beantworte Fragen aus den Dokumenten und zeige, wo jede Antwort steht. Fragen Sie mich etwas dazu.',
    retold: 'Das war meine letzte Antwort:',
    listed: 'Das haben Sie bisher gefragt:',
  },
  fr: {
    hello: 'Bonjour ! Posez-moi une question sur les documents.',
    thanks: 'Je vous en prie.',
    bye: 'Au revoir !',
    ready: 'Posez-moi une question sur les documents.',
    help: 'Je réponds aux questions à partir des documents et je montre où se trouve chaque réponse. Posez-moi une question.',
    retold: 'Voici ma dernière réponse :',
    listed: 'Voici ce que vous avez demandé :',
  },
  es: {
    hello: '¡Hola! Pregúnteme algo sobre los documentos.',
    thanks: 'De nada.',
    bye: '¡Hasta luego!',
    ready: 'Pregúnteme lo que quiera sobre los documentos.',
    help: 'Respondo preguntas a partir de los documentos y muestro dónde está cada respuesta. Pregúnteme algo.',
    retold: 'Esta fue mi última respuesta:',
    listed: 'Esto es lo que ha preguntado hasta ahora:',
  },
  it: {
    hello: 'Salve! Mi chieda qualcosa sui documenti.',
    thanks: 'Prego.',
    bye: 'Arrivederci!',
    ready: 'Mi chieda quello che vuole sui documenti.',
    help: 'Rispondo alle domande a partire dai documenti e mostro dove si trova ogni risposta. Mi chieda qualcosa.',
    retold: 'Questa era la mia ultima risposta:',
    listed: 'Ecco che cosa ha chiesto finora:',
  },
  pt: {
    hello: 'Olá! Pergunte-me algo sobre os documentos.',
    thanks: 'De nada.',
    bye: 'Até logo!',
    ready: 'Pergunte-me o que quiser sobre os documentos.',
    help: 'Respondo a perguntas a partir dos documentos e mostro onde está cada resposta. Pergunte-me algo.',
    retold: 'Esta foi a minha última resposta:',
    listed: 'Foi isto que perguntou até agora:',
  },
  nl: {
    hello: 'Hallo! Stel mij een vraag over de documenten.',
    thanks: 'Graag gedaan.',
    bye: 'Tot ziens!',
    ready: 'Stel gerust een vraag over de documenten.',
    help: 'Ik beantwoord vragen uit de documenten en laat zien waar elk antwoord staat. Stel mij een vraag.',
    retold: 'Dit was mijn laatste antwoord:',
    listed: 'Dit hebt u tot nu toe gevraagd:',
  },
  ro: {
    hello: 'Bună! Întrebați-mă ceva despre documente.',
    thanks: 'Cu plăcere.',
    bye: 'La revedere!',
    ready: 'Întrebați-mă orice despre documente.',
    help: 'Răspund la întrebări din documente și arăt unde se află fiecare răspuns. Întrebați-mă ceva.',
    retold: 'Acesta a fost ultimul meu răspuns:',
    listed: 'Iată ce ați întrebat până acum:',
  },
  tr: {
    hello: 'Merhaba! Belgeler hakkında bir şey sorun.',
    thanks: 'Rica ederim.',
    bye: 'Hoşça kalın!',
    ready: 'Belgeler hakkında istediğinizi sorun.',
    help: 'Soruları belgelerden yanıtlarım ve her yanıtın nerede geçtiğini gösteririm. Bir şey sorun.',
    retold: 'Son yanıtım buydu:',
    listed: 'Şimdiye kadar şunları sordunuz:',
  },
  ru: {
    hello: 'Здравствуйте! Спросите меня о документах.',
    thanks: 'Пожалуйста.',
    bye: 'До свидания!',
    ready: 'Спрашивайте о документах.',
    help: 'Я отвечаю на вопросы по документам и показываю, где находится каждый ответ. Задайте вопрос.',
    retold: 'Мой последний ответ был таким:',
    listed: 'Вот о чём вы спрашивали:',
  },
  el: {
    hello: 'Γεια σας! Ρωτήστε με κάτι για τα έγγραφα.',
    thanks: 'Παρακαλώ.',
    bye: 'Αντίο!',
    ready: 'Ρωτήστε με ό,τι θέλετε για τα έγγραφα.',
    help: 'Απαντώ σε ερωτήσεις από τα έγγραφα και δείχνω πού βρίσκεται κάθε απάντηση. Ρωτήστε με κάτι.',
    retold: 'Αυτή ήταν η τελευταία μου απάντηση:',
    listed: 'Αυτά ρωτήσατε μέχρι τώρα:',
  },
  ar: {
    hello: 'مرحبًا! اسألني شيئًا عن المستندات.',
    thanks: 'على الرحب والسعة.',
    bye: 'إلى اللقاء!',
    ready: 'اسألني ما تشاء عن المستندات.',
    help: 'أجيب عن الأسئلة من المستندات وأبيّن موضع كل إجابة. اسألني شيئًا.',
    retold: 'كانت هذه إجابتي الأخيرة:',
    listed: 'هذا ما سألت عنه حتى الآن:',
  },
  hi: {
    hello: 'नमस्ते! दस्तावेज़ों के बारे में कुछ पूछिए।',
    thanks: 'आपका स्वागत है।',
    bye: 'अलविदा!',
    ready: 'दस्तावेज़ों के बारे में कुछ भी पूछिए।',
    help: 'मैं दस्तावेज़ों से सवालों के जवाब देता हूँ और दिखाता हूँ कि हर जवाब कहाँ लिखा है। कुछ पूछिए।',
    retold: 'मेरा पिछला जवाब यह था:',
    listed: 'आपने अब तक यह पूछा है:',
  },
  vi: {
    hello: 'Xin chào! Hãy hỏi tôi điều gì đó về các tài liệu.',
    thanks: 'Không có gì.',
    bye: 'Tạm biệt!',
    ready: 'Hãy hỏi tôi bất cứ điều gì về các tài liệu.',
    help: 'Tôi trả lời câu hỏi từ các tài liệu và chỉ ra mỗi câu trả lời nằm ở đâu. Hãy hỏi tôi điều gì đó.',
    retold: 'Đây là câu trả lời gần nhất của tôi:',
    listed: 'Đây là những gì bạn đã hỏi:',
  },
  th: {
    hello: 'สวัสดี! ถามเกี่ยวกับเอกสารได้เลย',
    thanks: 'ยินดี',
    bye: 'ลาก่อน!',
    ready: 'ถามอะไรก็ได้เกี่ยวกับเอกสาร',
    help: 'ฉันตอบคำถามจากเอกสารและแสดงว่าคำตอบอยู่ที่ใด ลองถามได้เลย',
    retold: 'นี่คือคำตอบล่าสุดของฉัน:',
    listed: 'นี่คือสิ่งที่คุณถามมาแล้ว:',
  },
  zh: {
    hello: '您好！请就文档提问。',
    thanks: '不客气。',
    bye: '再见！',
    ready: '关于文档的问题都可以问我。',
    help: '我根据文档回答问题，并指出每个答案在哪里。请提问。',
    retold: '这是我上一个回答：',
    listed: '到目前为止您问过：',
  },
}

export function sentencesIn(language: Spoken): Sentences {
  return SENTENCES[language]
}
