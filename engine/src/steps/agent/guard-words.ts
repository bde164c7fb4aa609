import type { GuardTopic } from '../../domain/answering.ts'

/**
 * Beginnings of words by topic, in the languages of the sentences: `sure` ones belong to the topic, `may` be ones belong to it in
 * some questions. A word that is followed by "=" counts as it stands, without an ending; one in two parts stands so in the text.
 */
export const GUARD_WORDS: Readonly<Record<GuardTopic, { readonly sure: string; readonly may: string }>> = {
  medical: {
    sure: `
      symptom|diagnos|dosage|overdos|antibiotic|ibuprofen|paracetamol|aspirin|chemotherap|side effects|prescription drug|blood pressure|
      heart attack|depression=|diabet|cancer=|tumor|tumour|pregnan|miscarriage|vaccin|medication|my doctor|medical advice|diagnose|dosierung|
      überdosis|antibiotik|nebenwirkung|blutdruck|herzinfarkt|schwanger|impfung|medikament|krebserkrank|krankheitssymptom|symptôme|posologie|
      antibiotique|effets secondaires|tension artérielle|crise cardiaque|enceinte=|grossesse|médicament|síntoma|diagnóstic|dosis|antibiótic|
      efectos secundarios|presión arterial|infarto|embaraz|vacuna|medicament|sintomi|farmac|gravidanza|pressione sanguigna|effetti collaterali|
      sintoma|gravidez|pressão arterial|efeitos colaterais|remédio|bijwerking|bloeddruk|hartaanval|zwanger|geneesmiddel|medicijn|simptom|
      efecte secundare|sarcin|tensiune arterial|belirti|teşhis|antibiyotik|yan etki|tansiyon|hamile|kalp krizi|ilaç doz|симптом|диагноз|дозировк|
      антибиотик|побочн|беременн|лекарств|давление крови|инфаркт|σύμπτωμ|συμπτώματ|διάγνωσ|δοσολογ|αντιβιοτικ|παρενέργει|εγκυμοσύν|έγκυ|φάρμακ|
      أعراض|تشخيص|جرعة|مضاد حيوي|آثار جانبية|حامل=|ضغط الدم|دواء|लक्षण|निदान|खुराक|दुष्प्रभाव|गर्भवती|रक्तचाप|दवा=|triệu chứng|chẩn đoán|
      liều dùng|kháng sinh|tác dụng phụ|mang thai|huyết áp|อาการป่วย|วินิจฉัย|ผลข้างเคียง|ตั้งครรภ์|ความดันโลหิต|ยาปฏิชีวนะ|症状|诊断|剂量|抗生素|副作用|怀孕|
      血压|药物`,
    may: `
      pain|fever|headache|allerg|doctor=|disease|illness|sick=|therap|treatment|pill|dose|infect|injur|surgery|health|schmerz|fieber|krankheit|
      arzt|therapie|behandlung|verletz|gesundheit|douleur|fièvre|maladie|médecin|traitement|santé|dolor|fiebre|enfermedad|médico|tratamiento|
      salud|dolore|febbre|malattia|medico|dor=|febre|doença|pijn|koorts|ziekte|durere|febră|boală|ağrı|ateş|hastalık|doktor|боль|температур|
      болезн|врач|лечени|πόνο|πυρετ|ασθένει|γιατρ|ألم|حمى|مرض|طبيب|علاج|दर्द|बुखार|बीमारी|डॉक्टर|इलाज|đau|sốt|bệnh|bác sĩ|điều trị|ปวด|ไข้|โรค|
      หมอ|รักษา|疼|发烧|疾病|医生|治疗`,
  },
  financial: {
    sure: `
      should i invest|invest in|investment advice|stock tip|which stock|buy shares|sell shares|stock market|cryptocurrenc|bitcoin|mortgage|
      portfolio|my pension|financial advice|tax return|day trading|hedge fund|geld anlegen|geldanlage|aktienkauf|aktien kaufen|aktien verkaufen|
      kryptowähr|hypothek|anlageberat|altersvorsorge|steuererklärung|investir dans|acheter des actions|placement financier|hypothèque|
      cryptomonnaie|conseil financier|déclaration d impôt|invertir en|comprar acciones|hipoteca|criptomoneda|consejo financiero|
      declaración de la renta|investire in|comprare azioni|mutuo=|criptovalut|investir em|comprar ações|criptomoeda|beleggen|aandelen kopen|
      hypotheek|investi în|cumpăr acțiuni|ipotec|criptomoned|yatırım yap|hisse senedi|kripto para|ipotek|инвестир|купить акции|ипотек|криптовалют|
      επενδύ|μετοχ|υποθήκ|κρυπτονόμισμ|استثمر|أسهم|رهن عقاري|عملة مشفرة|निवेश|शेयर बाजार|क्रिप्टो|đầu tư|cổ phiếu|tiền điện tử|ลงทุน|หุ้น|คริปโต|
      投资|股票|加密货币|按揭`,
    may: `
      invest|stock|share price|loan|interest rate|tax|credit|debt|saving|fund|dividend|budget|profit|anlage|aktie|kredit|zins|steuer|schulden|
      rendite|action=|prêt|impôt|crédit|dette|acciones|préstamo|impuesto|deuda|azioni|prestito|tasse|debito|ações|empréstimo|imposto|aandelen|
      lening|belasting|acțiuni|împrumut|impozit|yatırım|kredi|vergi|faiz|акци|кредит|налог|долг|δάνει|φόρ|قرض|ضريب|ऋण|कर्ज|ब्याज|vay=|thuế|
      lãi suất|เงินกู้|ภาษี|贷款|税|利率|债`,
  },
  legal: {
    sure: `
      lawsuit|sue my|sue them|can i sue|legal advice|my lawyer|attorney|court case|divorce|custody of|criminal charge|plead guilty|am i liable|
      legally binding|breach of contract|rechtsberat|verklagen|anwalt|klage einreichen|scheidung|sorgerecht|strafanzeige|rechtsstreit|haftbar|
      gerichtsverfahren|avocat|porter plainte|conseil juridique|procès=|poursuivre en justice|abogad|demandar a|asesoría legal|divorci|juicio=|
      pleito|avvocat|fare causa|consulenza legale|divorzi|advogad|processar=|aconselhamento jurídico|divórcio|advocaat|rechtszaak|
      juridisch advies|echtscheiding|avocat=|consultanță juridică|divorț|avukat|dava aç|boşanma|hukuki tavsiye|адвокат|подать в суд|юридическ|
      развод|δικηγόρ|μήνυσ|διαζύγι|νομική συμβουλή|محام|دعوى قضائية|استشارة قانونية|طلاق|वकील|मुकदमा|कानूनी सलाह|तलाक|luật sư|kiện=|
      tư vấn pháp lý|ly hôn|ทนาย|ฟ้องร้อง|หย่า|律师|起诉|法律咨询|离婚|诉讼`,
    may: `
      legal|law|laws|court|contract|liab|illegal|rights|sue=|lawyer|penalt|recht=|rechte|gesetz|gericht|vertrag|haftung|strafe|loi|droit=|
      tribunal|contrat|ley|derecho|contrato|legge|diritto|contratto|lei=|direito|wet=|lege|drept|yasa|hukuk|mahkeme|sözleşme|закон|право=|суд=|
      договор|νόμ|δικαίωμ|συμβόλαι|قانون|محكمة|عقد|कानून|अदालत|अनुबंध|pháp luật|tòa án|hợp đồng|กฎหมาย|ศาล|สัญญา|法律|法院|合同|违法`,
  },
  harmful: {
    sure: `
      build a bomb|make a bomb|pipe bomb|explosive device|nerve agent|poison someone|poison my|kill someone|kill my|kill myself|suicid|self harm|
      hurt myself|murder=|buy cocaine|make meth|methamphetamine|ransomware|steal a password|steal passwords|hack into|child porn|bombe bauen|
      sprengsatz|jemanden vergiften|jemanden töten|selbstmord|suizid|mich umbringen|passwörter stehlen|fabriquer une bombe|empoisonner|
      tuer quelqu un|me tuer|fabricar una bomba|envenenar|matar a alguien|suicidarme|costruire una bomba|avvelenare|uccidere qualcuno|
      fazer uma bomba|matar alguém|bom maken|iemand vermoorden|zelfmoord|fac o bombă|sinucid|omor pe cineva|bomba yap|birini öldür|intihar|
      сделать бомбу|отравить|убить человека|самоубийств|φτιάξω βόμβα|δηλητηριάσω|αυτοκτον|صنع قنبلة|تسميم|انتحار|قتل شخص|बम बनान|आत्महत्या|
      जहर देन|chế tạo bom|tự tử|giết người|ทำระเบิด|ฆ่าตัวตาย|ฆ่าคน|制造炸弹|做炸弹|自杀|杀人|下毒`,
    may: `
      bomb|weapon|kill|poison|explosiv|hack|drug=|drugs=|gun=|guns=|attack|malware|waffe|töten|gift=|sprengstoff|droge|angriff|arme=|tuer=|
      explosif|drogue|arma=|armas=|matar|veneno|explosivo|droga|uccidere|veleno|wapen|vergif|armă|ucid|otravă|silah|öldür|zehir|оружи|убить|яд=|
      взрывчат|όπλ|σκοτώ|δηλητήρι|سلاح|قتل|سم=|متفجر|हथियार|मारना|ज़हर|vũ khí|giết|thuốc độc|อาวุธ|ฆ่า|ยาพิษ|武器|杀|毒|炸`,
  },
}

/** For a model that is asked in doubt. */
export const TOPICS: Readonly<Record<GuardTopic, string>> = {
  medical: 'health of a person, illness, treatment, medicines',
  financial: 'what somebody should do with money: investing, loans, taxes of a person',
  legal: 'what somebody may or should do by the law, disputes, courts',
  harmful: 'hurting oneself or others, weapons, drugs, breaking into computers',
}
