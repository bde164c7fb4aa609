/** What of the conversation is asked for: the last answer, what was asked, or all of it in short. */
export type AboutConversation = 'retell' | 'asked' | 'summary'

// Whole questions, in the languages of the sentences; whatever else they hold makes them questions about the documents.

const SUMMARY = [
  [
    '(?:please |can you |could you |would you )*(?:summari[sz]e|sum up|recap|give (?:me )?a (?:short |brief )?(?:summary',
    '|recap) of)(?: for me)? (?:this|our|the)(?: whole| entire)? (?:conversation|chat|discussion|talk|dialogue)(?: so far| please',
    '| until now)*',
  ].join(''),
  'what (?:have|did) we (?:talk(?:ed)?|discuss(?:ed)?|cover(?:ed)?|sp(?:oke|eak|oken))(?: about)?(?: so far| until now| up to now)*',
  '(?:bitte )?(?:fass|fasse|fassen sie) (?:bitte )?(?:unser|das|dieses) (?:gespräch|unterhaltung|chat)(?: bitte)? zusammen',
  'worüber haben wir (?:bisher )?gesprochen',
  '(?:peux tu |pouvez vous )?(?:résume[rz]?|résumez) (?:s il te plaît |s il vous plaît )?(?:notre|cette|la) (?:conversation|discussion)',
  'de quoi avons nous parlé',
  '(?:puedes |podría )?(?:resume|resumir|resuma) (?:nuestra|esta|la) (?:conversación|charla)',
  'de qué hemos hablado',
  '(?:puoi )?(?:riassumi|riassumere) (?:la nostra|questa|la) conversazione',
  'di che cosa abbiamo parlato',
  '(?:podes |pode )?(?:resuma|resumir|resume) (?:a nossa|esta|a) conversa',
  'do que (?:é que )?falámos',
  'vat (?:ons|dit|het) gesprek samen',
  'waarover hebben we gesproken',
  'rezumă conversația(?: noastră)?',
  'despre ce am vorbit',
  '(?:konuşmamızı|sohbetimizi|bu konuşmayı) özetle(?:r misin)?',
  'ne konuştuk',
  '(?:подведи итог|резюмируй|кратко перескажи) (?:нашего разговора|наш разговор|этот разговор|нашу беседу)',
  'о чём мы говорили',
  'о чем мы говорили',
  '(?:σύνοψισε|συνόψισε) τη συζήτησή? μας',
  'τι συζητήσαμε',
  'لخص (?:هذه )?(?:محادثتنا|المحادثة)',
  'عن ماذا تحدثنا',
  '(?:हमारी|इस) बातचीत का (?:सारांश|सार) (?:दो|दीजिए|बताइए|बताओ)',
  '(?:hãy )?tóm tắt (?:cuộc )?(?:trò chuyện|hội thoại)(?: này| của chúng ta)?',
  'สรุปการสนทนา(?:ของเรา|นี้)?(?:ให้หน่อย)?',
  '(?:请)?(?:总结|概括)(?:一下)?(?:我们的|这次|这个)?(?:对话|谈话|聊天)',
  '我们(?:都)?(?:聊|谈|讨论)(?:了|过)什么',
]
const ASKED = [
  'what (?:was|were) my (?:first|last|previous|earlier) questions?',
  'what did i (?:just )?ask(?: you)?(?: before| earlier| first| last)?',
  'what have i asked(?: you)?(?: so far)?',
  'was habe ich (?:dich |sie )?(?:gerade |eben |bisher |zuletzt )?gefragt',
  'was war meine (?:erste|letzte|vorige) frage',
  'quelle était ma (?:première |dernière )?question(?: précédente)?',
  'qu ai je demandé',
  '(?:cuál fue|cuál era) mi (?:primera|última) pregunta',
  'qué (?:he preguntado|pregunté)',
  'qual era la mia (?:prima |ultima )?domanda',
  'che cosa ho chiesto',
  'qual foi a minha (?:primeira |última )?pergunta',
  'o que (?:é que )?(?:eu )?perguntei',
  'wat was mijn (?:eerste |laatste )?vraag',
  'wat heb ik gevraagd',
  'care a fost (?:prima|ultima) mea întrebare',
  'ce am întrebat',
  '(?:son|ilk) sorum neydi',
  'ne sordum',
  'какой был мой (?:первый|последний) вопрос',
  '(?:что|о чём|о чем) я (?:только что )?спрашивала?',
  'ποια ήταν η (?:πρώτη|τελευταία) μου ερώτηση',
  'τι ρώτησα',
  'ما (?:كان|هو) سؤالي (?:الأول|الأخير)',
  'ماذا سألت',
  'मेरा (?:पहला|पिछला|आखिरी) (?:सवाल|प्रश्न) क्या था',
  'मैंने क्या पूछा(?: था)?',
  'câu hỏi (?:đầu tiên|cuối cùng|trước) của tôi là gì',
  'tôi (?:vừa )?(?:đã )?hỏi gì',
  'ฉัน(?:เพิ่ง)?ถามอะไร(?:ไป)?',
  '我(?:刚才|刚刚|之前)?(?:问|問)了?(?:你)?(?:什么|什麼)',
  '我的(?:第一个|上一个|最后一个)问题是什么',
]
const RETELL = [
  [
    '(?:sorry |please |can you |could you |would you )*(?:repeat|rephrase|shorten|say|tell me) (?:that|this|it|your (?:last ',
    '|previous )?(?:answer|reply|message))(?: again| once more| one more time| please| differently| more simply| in (?:other|simpler',
    '|fewer|your own|plain) words| in one sentence)*',
  ].join(''),
  'what (?:did|have) you (?:just |already )?(?:say|said|answer|answered|write|written|tell me|told me)(?: before| earlier| just now)?',
  'what was your (?:last|previous) (?:answer|reply)',
  '(?:come again|pardon|say again|in (?:simpler|other|fewer) words)(?: please)?',
  [
    '(?:bitte )?(?:wiederhole|wiederhol|wiederholen sie) (?:das|deine antwort|ihre antwort|deine letzte antwort',
    '|ihre letzte antwort)(?: bitte| noch einmal| nochmal)*',
  ].join(''),
  'was (?:hast du|haben sie) (?:gerade |eben |zuletzt )?(?:gesagt|geantwortet)',
  '(?:noch einmal|nochmal|wie bitte)(?: bitte)?',
  '(?:peux tu |pouvez vous )?(?:répète[rz]?|répétez)(?: cela| ça| ta réponse| votre réponse)?(?: s il te plaît| s il vous plaît)?',
  'qu (?:as tu|avez vous) dit',
  '(?:puedes |podría )?(?:repite|repetir|repita)(?: eso| tu respuesta| su respuesta| lo)?(?: por favor)?',
  'qué (?:has dicho|dijiste|acabas de decir)',
  '(?:puoi )?(?:ripeti|ripetere)(?: la risposta| questo)?(?: per favore)?',
  'che cosa hai (?:appena )?detto',
  '(?:pode |podes )?(?:repita|repetir|repete)(?: isso| a resposta)?(?: por favor)?',
  'o que (?:é que )?disseste',
  'o que você (?:acabou de dizer|disse)',
  '(?:kun je dat |kan je dat )?herhaal(?: dat| je antwoord)?(?: alsjeblieft)?',
  'wat zei je(?: net)?',
  '(?:poți )?(?:repetă|repeta|repetați)(?: răspunsul)?(?: te rog)?',
  'ce ai spus',
  '(?:tekrar et|tekrarlar mısın|bunu tekrarla)',
  '(?:az önce )?ne dedin',
  'повтори(?:те)?(?: это| ответ| пожалуйста)*',
  'что ты (?:только что )?сказала?',
  'что вы (?:только что )?сказали',
  '(?:επανάλαβε|επανέλαβε)(?: το| την απάντηση)?',
  'τι είπες',
  '(?:كرر|أعد)(?: ذلك| الإجابة| إجابتك)?',
  'ماذا قلت',
  '(?:दोहराओ|दोहराइए|फिर से (?:बताओ|बताइए|कहिए))',
  '(?:आपने|तुमने) (?:अभी )?क्या कहा',
  '(?:hãy )?(?:nhắc lại|lặp lại)(?: câu trả lời)?(?: đi)?',
  'bạn vừa nói gì',
  '(?:พูด|ตอบ)อีก(?:ครั้ง|ที)',
  'คุณ(?:เพิ่ง)?พูดว่าอะไร',
  '(?:请)?(?:重复|再说)(?:一遍|一下|一次)?',
  '你(?:刚才|刚刚)?说(?:了)?什么',
]

const PATTERNS: readonly (readonly [kind: AboutConversation, pattern: RegExp])[] = [
  ['summary', whole(SUMMARY)],
  ['asked', whole(ASKED)],
  ['retell', whole(RETELL)],
]

/** Undefined: it asks something else. */
export function aboutConversation(question: string): AboutConversation | undefined {
  const plain = question
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim()
  return PATTERNS.find(([, pattern]) => pattern.test(plain))?.[0]
}

function whole(questions: readonly string[]): RegExp {
  return new RegExp(`^(?:${questions.join('|')})$`, 'u')
}
