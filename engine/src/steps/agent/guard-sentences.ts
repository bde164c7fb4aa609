import type { GuardTopic } from '../../domain/answering.ts'
import type { Spoken } from './sentences.ts'

type ByTopic = Readonly<Record<GuardTopic, string>>

const DISCLAIMERS: Readonly<Record<Spoken, ByTopic>> = {
  en: {
    medical: 'This is no medical advice: please ask a doctor.',
    financial: 'This is no financial advice: please ask a professional.',
    legal: 'This is no legal advice: please ask a lawyer.',
    harmful: 'This is for information only. If somebody is in danger, call the emergency services.',
  },
  de: {
    medical: 'Das ist kein medizinischer Rat: Bitte fragen Sie einen Arzt.',
    financial: 'Das ist keine Finanzberatung: Bitte fragen Sie eine Fachperson.',
    legal: 'Das ist keine Rechtsberatung: Bitte fragen Sie einen Anwalt.',
    harmful: 'Das dient nur der Information. Wenn jemand in Gefahr ist, rufen Sie den Notruf.',
  },
  fr: {
    medical: "Ceci n'est pas un avis médical : veuillez consulter un médecin.",
    financial: "Ceci n'est pas un conseil financier : veuillez consulter un professionnel.",
    legal: "Ceci n'est pas un conseil juridique : veuillez consulter un avocat.",
    harmful: "Ceci est donné à titre d'information. Si quelqu'un est en danger, appelez les secours.",
  },
  es: {
    medical: 'Esto no es un consejo médico: consulte a un médico.',
    financial: 'Esto no es un consejo financiero: consulte a un profesional.',
    legal: 'Esto no es un consejo legal: consulte a un abogado.',
    harmful: 'Esto es solo informativo. Si alguien está en peligro, llame a los servicios de emergencia.',
  },
  it: {
    medical: 'Questo non è un parere medico: consulti un medico.',
    financial: 'Questa non è una consulenza finanziaria: consulti un professionista.',
    legal: 'Questa non è una consulenza legale: consulti un avvocato.',
    harmful: 'Solo a scopo informativo. Se qualcuno è in pericolo, chiami i soccorsi.',
  },
  pt: {
    medical: 'Isto não é aconselhamento médico: consulte um médico.',
    financial: 'Isto não é aconselhamento financeiro: consulte um profissional.',
    legal: 'Isto não é aconselhamento jurídico: consulte um advogado.',
    harmful: 'Isto é apenas informativo. Se alguém estiver em perigo, ligue para os serviços de emergência.',
  },
  nl: {
    medical: 'Dit is geen medisch advies: raadpleeg een arts.',
    financial: 'Dit is geen financieel advies: raadpleeg een deskundige.',
    legal: 'Dit is geen juridisch advies: raadpleeg een advocaat.',
    harmful: 'Dit is alleen ter informatie. Is iemand in gevaar, bel dan het alarmnummer.',
  },
  ro: {
    medical: 'Acesta nu este un sfat medical: consultați un medic.',
    financial: 'Acesta nu este un sfat financiar: consultați un specialist.',
    legal: 'Acesta nu este un sfat juridic: consultați un avocat.',
    harmful: 'Doar cu titlu informativ. Dacă cineva este în pericol, sunați la serviciile de urgență.',
  },
  tr: {
    medical: 'Bu tıbbi bir tavsiye değildir: lütfen bir doktora danışın.',
    financial: 'Bu mali bir tavsiye değildir: lütfen bir uzmana danışın.',
    legal: 'Bu hukuki bir tavsiye değildir: lütfen bir avukata danışın.',
    harmful: 'Bu yalnızca bilgi içindir. Biri tehlikedeyse acil servisi arayın.',
  },
  ru: {
    medical: 'Это не медицинская консультация: обратитесь к врачу.',
    financial: 'Это не финансовая консультация: обратитесь к специалисту.',
    legal: 'Это не юридическая консультация: обратитесь к юристу.',
    harmful: 'Только для информации. Если кто-то в опасности, позвоните в экстренные службы.',
  },
  el: {
    medical: 'Αυτό δεν είναι ιατρική συμβουλή: ρωτήστε έναν γιατρό.',
    financial: 'Αυτό δεν είναι οικονομική συμβουλή: ρωτήστε έναν ειδικό.',
    legal: 'Αυτό δεν είναι νομική συμβουλή: ρωτήστε έναν δικηγόρο.',
    harmful: 'Μόνο για ενημέρωση. Αν κάποιος κινδυνεύει, καλέστε τις υπηρεσίες έκτακτης ανάγκης.',
  },
  ar: {
    medical: 'هذه ليست نصيحة طبية: يُرجى استشارة طبيب.',
    financial: 'هذه ليست نصيحة مالية: يُرجى استشارة مختص.',
    legal: 'هذه ليست نصيحة قانونية: يُرجى استشارة محامٍ.',
    harmful: 'هذا للعلم فقط. إذا كان أحد في خطر فاتصل بالطوارئ.',
  },
  hi: {
    medical: 'यह चिकित्सकीय सलाह नहीं है: कृपया डॉक्टर से पूछें।',
    financial: 'यह वित्तीय सलाह नहीं है: कृपया किसी विशेषज्ञ से पूछें।',
    legal: 'यह कानूनी सलाह नहीं है: कृपया वकील से पूछें।',
    harmful: 'यह केवल जानकारी के लिए है। यदि कोई खतरे में है तो आपातकालीन सेवा को फ़ोन करें।',
  },
  vi: {
    medical: 'Đây không phải là lời khuyên y tế: hãy hỏi bác sĩ.',
    financial: 'Đây không phải là lời khuyên tài chính: hãy hỏi chuyên gia.',
    legal: 'Đây không phải là tư vấn pháp lý: hãy hỏi luật sư.',
    harmful: 'Chỉ để tham khảo. Nếu ai đó gặp nguy hiểm, hãy gọi dịch vụ khẩn cấp.',
  },
  th: {
    medical: 'ข้อความนี้ไม่ใช่คำแนะนำทางการแพทย์ โปรดปรึกษาแพทย์',
    financial: 'ข้อความนี้ไม่ใช่คำแนะนำทางการเงิน โปรดปรึกษาผู้เชี่ยวชาญ',
    legal: 'ข้อความนี้ไม่ใช่คำแนะนำทางกฎหมาย โปรดปรึกษาทนายความ',
    harmful: 'เพื่อเป็นข้อมูลเท่านั้น หากมีผู้ตกอยู่ในอันตราย โปรดโทรแจ้งเหตุฉุกเฉิน',
  },
  zh: {
    medical: '这不是医疗建议，请咨询医生。',
    financial: '这不是理财建议，请咨询专业人士。',
    legal: '这不是法律意见，请咨询律师。',
    harmful: '仅供参考。如有人处于危险之中，请拨打急救电话。',
  },
}

const REFUSALS: Readonly<Record<Spoken, ByTopic>> = {
  en: {
    medical: 'I do not answer medical questions here. Please ask a doctor.',
    financial: 'I do not answer questions about financial decisions here. Please ask a professional.',
    legal: 'I do not answer legal questions here. Please ask a lawyer.',
    harmful: 'I do not answer this. If somebody is in danger, please call the emergency services.',
  },
  de: {
    medical: 'Medizinische Fragen beantworte ich hier nicht. Bitte fragen Sie einen Arzt.',
    financial: 'Fragen zu finanziellen Entscheidungen beantworte ich hier nicht. Bitte fragen Sie eine Fachperson.',
    legal: 'Rechtliche Fragen beantworte ich hier nicht. Bitte fragen Sie einen Anwalt.',
    harmful: 'Das beantworte ich nicht. Wenn jemand in Gefahr ist, rufen Sie bitte den Notruf.',
  },
  fr: {
    medical: 'Je ne réponds pas ici aux questions médicales. Veuillez consulter un médecin.',
    financial: 'Je ne réponds pas ici aux questions financières. Veuillez consulter un professionnel.',
    legal: 'Je ne réponds pas ici aux questions juridiques. Veuillez consulter un avocat.',
    harmful: "Je ne réponds pas à cela. Si quelqu'un est en danger, appelez les secours.",
  },
  es: {
    medical: 'Aquí no respondo preguntas médicas. Consulte a un médico.',
    financial: 'Aquí no respondo preguntas financieras. Consulte a un profesional.',
    legal: 'Aquí no respondo preguntas legales. Consulte a un abogado.',
    harmful: 'No respondo a esto. Si alguien está en peligro, llame a los servicios de emergencia.',
  },
  it: {
    medical: 'Qui non rispondo a domande mediche. Consulti un medico.',
    financial: 'Qui non rispondo a domande finanziarie. Consulti un professionista.',
    legal: 'Qui non rispondo a domande legali. Consulti un avvocato.',
    harmful: 'A questo non rispondo. Se qualcuno è in pericolo, chiami i soccorsi.',
  },
  pt: {
    medical: 'Aqui não respondo a perguntas médicas. Consulte um médico.',
    financial: 'Aqui não respondo a perguntas financeiras. Consulte um profissional.',
    legal: 'Aqui não respondo a perguntas jurídicas. Consulte um advogado.',
    harmful: 'Não respondo a isto. Se alguém estiver em perigo, ligue para os serviços de emergência.',
  },
  nl: {
    medical: 'Medische vragen beantwoord ik hier niet. Raadpleeg een arts.',
    financial: 'Financiële vragen beantwoord ik hier niet. Raadpleeg een deskundige.',
    legal: 'Juridische vragen beantwoord ik hier niet. Raadpleeg een advocaat.',
    harmful: 'Dit beantwoord ik niet. Is iemand in gevaar, bel dan het alarmnummer.',
  },
  ro: {
    medical: 'Aici nu răspund la întrebări medicale. Consultați un medic.',
    financial: 'Aici nu răspund la întrebări financiare. Consultați un specialist.',
    legal: 'Aici nu răspund la întrebări juridice. Consultați un avocat.',
    harmful: 'Nu răspund la aceasta. Dacă cineva este în pericol, sunați la serviciile de urgență.',
  },
  tr: {
    medical: 'Burada tıbbi soruları yanıtlamıyorum. Lütfen bir doktora danışın.',
    financial: 'Burada mali soruları yanıtlamıyorum. Lütfen bir uzmana danışın.',
    legal: 'Burada hukuki soruları yanıtlamıyorum. Lütfen bir avukata danışın.',
    harmful: 'Bunu yanıtlamıyorum. Biri tehlikedeyse lütfen acil servisi arayın.',
  },
  ru: {
    medical: 'На медицинские вопросы я здесь не отвечаю. Обратитесь к врачу.',
    financial: 'На финансовые вопросы я здесь не отвечаю. Обратитесь к специалисту.',
    legal: 'На юридические вопросы я здесь не отвечаю. Обратитесь к юристу.',
    harmful: 'На это я не отвечаю. Если кто-то в опасности, позвоните в экстренные службы.',
  },
  el: {
    medical: 'Εδώ δεν απαντώ σε ιατρικές ερωτήσεις. Ρωτήστε έναν γιατρό.',
    financial: 'Εδώ δεν απαντώ σε οικονομικές ερωτήσεις. Ρωτήστε έναν ειδικό.',
    legal: 'Εδώ δεν απαντώ σε νομικές ερωτήσεις. Ρωτήστε έναν δικηγόρο.',
    harmful: 'Σε αυτό δεν απαντώ. Αν κάποιος κινδυνεύει, καλέστε τις υπηρεσίες έκτακτης ανάγκης.',
  },
  ar: {
    medical: 'لا أجيب هنا عن الأسئلة الطبية. يُرجى استشارة طبيب.',
    financial: 'لا أجيب هنا عن الأسئلة المالية. يُرجى استشارة مختص.',
    legal: 'لا أجيب هنا عن الأسئلة القانونية. يُرجى استشارة محامٍ.',
    harmful: 'لا أجيب عن هذا. إذا كان أحد في خطر فاتصل بالطوارئ.',
  },
  hi: {
    medical: 'मैं यहाँ चिकित्सकीय प्रश्नों के उत्तर नहीं देता। कृपया डॉक्टर से पूछें।',
    financial: 'मैं यहाँ वित्तीय प्रश्नों के उत्तर नहीं देता। कृपया किसी विशेषज्ञ से पूछें।',
    legal: 'मैं यहाँ कानूनी प्रश्नों के उत्तर नहीं देता। कृपया वकील से पूछें।',
    harmful: 'मैं इसका उत्तर नहीं देता। यदि कोई खतरे में है तो आपातकालीन सेवा को फ़ोन करें।',
  },
  vi: {
    medical: 'Tôi không trả lời câu hỏi y tế ở đây. Hãy hỏi bác sĩ.',
    financial: 'Tôi không trả lời câu hỏi tài chính ở đây. Hãy hỏi chuyên gia.',
    legal: 'Tôi không trả lời câu hỏi pháp lý ở đây. Hãy hỏi luật sư.',
    harmful: 'Tôi không trả lời điều này. Nếu ai đó gặp nguy hiểm, hãy gọi dịch vụ khẩn cấp.',
  },
  th: {
    medical: 'ที่นี่ฉันไม่ตอบคำถามทางการแพทย์ โปรดปรึกษาแพทย์',
    financial: 'ที่นี่ฉันไม่ตอบคำถามทางการเงิน โปรดปรึกษาผู้เชี่ยวชาญ',
    legal: 'ที่นี่ฉันไม่ตอบคำถามทางกฎหมาย โปรดปรึกษาทนายความ',
    harmful: 'ฉันไม่ตอบคำถามนี้ หากมีผู้ตกอยู่ในอันตราย โปรดโทรแจ้งเหตุฉุกเฉิน',
  },
  zh: {
    medical: '我在这里不回答医疗问题，请咨询医生。',
    financial: '我在这里不回答理财问题，请咨询专业人士。',
    legal: '我在这里不回答法律问题，请咨询律师。',
    harmful: '我不回答这个问题。如有人处于危险之中，请拨打急救电话。',
  },
}

export function disclaimerIn(language: Spoken, topic: GuardTopic): string {
  return DISCLAIMERS[language][topic]
}

export function refusalIn(language: Spoken, topic: GuardTopic): string {
  return REFUSALS[language][topic]
}
