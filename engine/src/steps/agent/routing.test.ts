import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aboutConversation } from './about-conversation.ts'
import { contextOf, leansOnHistory } from './follow-up.ts'
import { SPOKEN, sentencesIn } from './sentences.ts'
import { partsOf } from './several.ts'
import { smallTalkOf } from './small-talk.ts'

/** Questions about documents that hold words of small talk, or are about talking. */
const ABOUT_DOCUMENTS = [
  'How do employees request leave?',
  'Thanks! How do I request leave?',
  'Hello world in Python',
  'Who is the contact for a good morning briefing?',
  'What did the board say about dividends?',
  'What did you say about leave in the handbook of 2020?',
  'Summarize the document about travel',
  'Summarise the conversation between Anna and Ben in the minutes',
  'What was the first question of the survey?',
  'Which bot answers the phone?',
  'zzz qqq',
  '???',
  '1234',
  '*',
  'Wer bist du laut Handbuch?',
  '你好这个词是什么意思？',
]

describe('small talk', () => {
  test.each([
    ['Hello!', 'hello', 'en'],
    ['Hi there 👋', 'hello', 'en'],
    ['THANK YOU SO MUCH!!', 'thanks', 'en'],
    ['ok great, thanks', 'thanks', 'en'],
    ['Hello, thanks, bye', 'thanks', 'en'],
    ["What's up?", 'hello', 'en'],
    ['what can you do?', 'help', 'en'],
    ['Vielen Dank!', 'thanks', 'de'],
    ['Tschüss', 'bye', 'de'],
    ['Guten Morgen', 'hello', 'de'],
    ['Merci beaucoup', 'thanks', 'fr'],
    ["D'accord, merci", 'thanks', 'fr'],
    ['¡Muchas gracias!', 'thanks', 'es'],
    ['Grazie mille', 'thanks', 'it'],
    ['Muito obrigado', 'thanks', 'pt'],
    ['Dank je wel', 'thanks', 'nl'],
    ['Mulțumesc', 'thanks', 'ro'],
    ['Teşekkür ederim', 'thanks', 'tr'],
    ['Спасибо большое', 'thanks', 'ru'],
    ['Здравствуйте', 'hello', 'ru'],
    ['Ευχαριστώ πολύ', 'thanks', 'el'],
    ['شكرًا جزيلًا', 'thanks', 'ar'],
    ['धन्यवाद', 'thanks', 'hi'],
    ['Cảm ơn bạn', 'thanks', 'vi'],
    ['ขอบคุณครับ', 'thanks', 'th'],
    ['谢谢！', 'thanks', 'zh'],
    ['👍', 'ready', undefined],
    ['ok', 'ready', 'en'],
  ])('%s', (text, kind, language) => {
    const found = smallTalkOf(text)
    expect(found?.kind).toBe(kind)
    if (language !== undefined) expect(found?.language).toBe(language)
  })
  test.each(ABOUT_DOCUMENTS)('is not: %s', (text) => expect(smallTalkOf(text)).toBeUndefined())
  test('with anything else beside it is a question', () => {
    const other = fc.constantFrom('leave', 'portal', 'certificate', '2024', 'Urlaub', 'отпуск')
    const small = fc.constantFrom('hello', 'thanks', 'ok', 'danke', 'спасибо', 'bye')
    fc.assert(
      fc.property(fc.array(small, { maxLength: 3 }), other, fc.array(small, { maxLength: 3 }), (before, word, after) => {
        expect(smallTalkOf([...before, word, ...after].join(' '))).toBeUndefined()
        if (before.length > 0) expect(smallTalkOf(before.join(', '))).toBeDefined()
      }),
    )
  })
  test('every language says everything, each in its own words', () => {
    for (const language of SPOKEN) for (const sentence of Object.values(sentencesIn(language))) expect(sentence.length).toBeGreaterThan(2)
    expect(new Set(SPOKEN.map((language) => sentencesIn(language).help)).size).toBe(SPOKEN.length)
  })
})

describe('a question about the conversation', () => {
  test.each([
    ['What did you just say?', 'retell'],
    ['Can you repeat that, please?', 'retell'],
    ['Say that again in simpler words', 'retell'],
    ['Please summarise our conversation.', 'summary'],
    ['Summarize this chat so far', 'summary'],
    ['What have we discussed?', 'summary'],
    ['What did I ask?', 'asked'],
    ['What was my last question?', 'asked'],
    ['Was hast du gerade gesagt?', 'retell'],
    ['Fass unser Gespräch zusammen', 'summary'],
    ['Was habe ich gefragt?', 'asked'],
    ["Qu'as-tu dit ?", 'retell'],
    ['Résume notre conversation', 'summary'],
    ['¿Qué he preguntado?', 'asked'],
    ['Riassumi la nostra conversazione', 'summary'],
    ['Herhaal dat', 'retell'],
    ['Ne dedin?', 'retell'],
    ['О чём мы говорили?', 'summary'],
    ['Τι είπες;', 'retell'],
    ['ماذا قلت؟', 'retell'],
    ['आपने क्या कहा?', 'retell'],
    ['Bạn vừa nói gì?', 'retell'],
    ['สรุปการสนทนา', 'summary'],
    ['你刚才说什么？', 'retell'],
    ['总结一下我们的对话', 'summary'],
  ])('%s', (text, about) => expect(aboutConversation(text)).toBe(about))
  test.each(ABOUT_DOCUMENTS)('is not: %s', (text) => expect(aboutConversation(text)).toBeUndefined())
})

describe('a follow-up', () => {
  test.each([
    ['Who decides?', 1, true],
    ['And how long does it take in the end?', 4, true],
    ['When must they hand it in at the office?', 4, true],
    ['Und wann muss es abgegeben werden?', 4, true],
    ['How do employees request leave in the portal?', 4, false],
    ['Which documents does a person need to request parental leave abroad and who signs it?', 9, false],
  ])('%s', (text, words, leans) => expect(leansOnHistory(text, words)).toBe(leans))
  test('goes back to a question that stands for itself, three at most', () => {
    const count = (text: string) => text.split(' ').length
    expect(contextOf(['old one of four', 'how do employees request leave', 'who decides', 'when then'], count)).toBe(
      'how do employees request leave\nwho decides\nwhen then',
    )
    expect(contextOf(['a', 'b', 'c', 'd'], count)).toBe('b\nc\nd')
    expect(contextOf(['x'.repeat(800)], () => 9)).toHaveLength(500)
    expect(contextOf([], count)).toBe('')
  })
})

describe('parts of a question', () => {
  test.each([
    ['How do I request leave?', []],
    ['How do I request leave? Who decides?', ['How do I request leave', 'Who decides']],
    ['What is the difference between sick leave and parental leave?', ['sick leave', 'parental leave']],
    ['Compare trains with flights.', ['trains', 'flights']],
    ['Was ist der Unterschied zwischen Urlaub und Elternzeit?', ['Urlaub', 'Elternzeit']],
    ['Teams and roles', []],
    ['?', []],
  ])('%s', (question, parts) => expect(partsOf(question)).toEqual(parts))
  test('are few, and none is the question itself', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (question) => {
        const parts = partsOf(question)
        expect(parts.length).toBeLessThanOrEqual(4)
        expect(parts).not.toContain(question.trim())
      }),
    )
  })
})

test('nothing that is asked keeps the rules busy for long', () => {
  const units = ['a', ' ', '和', '和的', 'compare ', ' and ', 'please ', 'what ', '?', 'a?', ' vs', 'between ', 'إ', 'thanks ', 'it ', 'суд ', '的区别']
  // Backtracking would take minutes, which the test is not given.
  for (const unit of units) {
    for (const length of [250, 4000]) {
      const question = unit.repeat(Math.ceil(length / unit.length))
      for (const look of [smallTalkOf, aboutConversation, partsOf, (text: string) => leansOnHistory(text, 4)]) look(question)
    }
  }
})
