// Words of numbers, units and months, in the languages of the analysis. All in lower case.

function table<T>(rows: readonly (readonly [value: T, words: string])[]): ReadonlyMap<string, T> {
  return new Map(rows.flatMap(([value, words]) => words.split(' ').map((word): [string, T] => [word, value])))
}

/** "one" and its like are articles too often to count. */
export const NUMBERS_IN_WORDS = table<number>([
  [0, 'zero null cero zéro ноль sıfır zero μηδέν शून्य صفر ศูนย์'],
  [2, 'two zwei dos deux два две iki doi două due dois duas twee dwa två hai δύο दो اثنان اثنين'],
  [3, 'three drei tres trois три üç trei tre três drie trzy ba τρία τρεις तीन ثلاثة ثلاث'],
  [4, 'four vier cuatro quatre четыре dört patru quattro quatro cztery fyra bốn τέσσερα τέσσερις चार أربعة أربع'],
  [5, 'five fünf cinco cinq пять beş cinci cinque vijf pięć fem năm πέντε पाँच पांच خمسة خمس'],
  [6, 'six sechs seis шесть altı șase sei zes sześć sex sáu έξι छह छः ستة ست'],
  [7, 'seven sieben siete sept семь yedi șapte sette sete zeven siedem sju bảy επτά εφτά सात سبعة سبع'],
  [8, 'eight acht ocho huit восемь sekiz opt otto oito osiem åtta tám οκτώ οχτώ आठ ثمانية ثماني'],
  [9, 'nine neun nueve neuf девять dokuz nouă nove negen dziewięć nio chín εννέα εννιά नौ تسعة تسع'],
  [10, 'ten zehn diez dix десять zece dieci dez tien dziesięć tio mười δέκα दस عشرة عشر'],
  [11, 'eleven elf once onze undici одиннадцать ένδεκα έντεκα'],
  [12, 'twelve zwölf doce douze dodici двенадцать δώδεκα बारह dozen dutzend docena douzaine дюжина'],
  [13, 'thirteen dreizehn trece treize'],
  [14, 'fourteen vierzehn catorce quatorze'],
  [15, 'fifteen fünfzehn quince quinze пятнадцать'],
  [16, 'sixteen sechzehn dieciséis seize'],
  [17, 'seventeen siebzehn diecisiete'],
  [18, 'eighteen achtzehn dieciocho'],
  [19, 'nineteen neunzehn diecinueve'],
  [20, 'twenty zwanzig veinte vingt двадцать yirmi είκοσι बीस'],
  [30, 'thirty dreißig dreissig treinta trente тридцать otuz τριάντα तीस'],
  [40, 'forty vierzig cuarenta quarante сорок kırk σαράντα चालीस'],
  [50, 'fifty fünfzig cincuenta cinquante пятьдесят elli πενήντα पचास'],
  [60, 'sixty sechzig sesenta soixante шестьдесят altmış εξήντα'],
  [70, 'seventy siebzig setenta семьдесят yetmiş εβδομήντα'],
  [80, 'eighty achtzig ochenta восемьдесят seksen ογδόντα'],
  [90, 'ninety neunzig noventa девяносто doksan ενενήντα'],
])

export const SCALES = table<number>([
  [12, 'dozen dutzend docena docenas douzaine douzaines дюжина дюжины дюжин'],
  [100, 'hundred hundreds hundert ciento cien cent сто yüz sută sto εκατό सौ مئة 百 백'],
  [1e3, 'thousand thousands k tausend mil mille тысяч тысяча тысячи тыс bin mie mii nghìn ngàn χιλιάδες हज़ार हजार ألف آلاف พัน 千 천'],
  [1e4, '万 萬 만 หมื่น'],
  [1e5, 'lakh lakhs लाख แสน'],
  [
    1e6,
    'million millions mn mio mln millionen millón millones миллион миллиона миллионов млн milyon milion milioane milione milioni milhão milhões miljoen triệu εκατομμύρια εκατομμύριο मिलियन مليون ملايين ล้าน',
  ],
  [1e7, 'crore crores करोड़'],
  [1e8, '億 亿 억'],
  [
    1e9,
    'billion billions bn miljard mrd milliarde milliarden milliard milliards миллиард миллиарда миллиардов млрд milyar miliard miliarde miliardo miliardi tỷ tỉ δισεκατομμύρια δισεκατομμύριο अरब مليار مليارات พันล้าน',
  ],
  [1e12, 'trillion trillions billionen billón billones трлн триллион триллионов trilyon 兆 조'],
])

export const UNITS = table<string>([
  ['percent', '% ％ percent percentage pct prozent porcentaje pourcent процент процента процентов yüzde sută प्रतिशत เปอร์เซ็นต์ ร้อยละ パーセント 퍼센트 프로'],
  ['permille', '‰ promille'],
  ['dollar', '$ dollar dollars usd us$ dólares dólar доллар долларов доллара dolar dolari δολάρια डॉलर دولار ดอลลาร์ 美元 ドル 달러'],
  ['euro', '€ euro euros eur евро ευρώ यूरो يورو ยูโร 欧元 ユーロ 유로'],
  ['pound', '£ gbp sterling'],
  ['yen', '¥ yen jpy 円 日元 엔'],
  ['yuan', 'yuan rmb cny 元 圆 人民币 위안'],
  ['won', '₩ won krw 원 ウォン 韩元'],
  ['baht', 'baht บาท'],
  ['rupee', '₹ rupee rupees inr रुपये रुपया'],
  ['degree', '° degree degrees grad grados degrés'],
  ['second', 'second seconds sec secs sekunde sekunden segundo segundos seconde secondes секунд секунды saniye 秒 秒钟 초'],
  ['minute', 'minute minutes min mins minuten minuto minutos минут минуты dakika phút λεπτά मिनट دقيقة دقائق นาที 分钟 分 分間 분'],
  ['hour', 'hour hours hr hrs h stunde stunden hora horas heure heures час часа часов saat oră ore giờ ώρα ώρες घंटे घंटा ساعة ساعات ชั่วโมง 小时 小時 時間 시간'],
  [
    'day',
    'day days tag tage tagen tages día días jour jours день дня дней gün zi zile giorno giorni dia dias dag dagen dni ngày ημέρα ημέρες ημερών दिन दिनों يوم أيام يوما วัน 天 日 日間 일 일간',
  ],
  [
    'week',
    'week weeks woche wochen semana semanas semaine semaines неделя недели недель hafta săptămână săptămâni settimana settimane tuần εβδομάδα εβδομάδες सप्ताह हफ़्ते أسبوع أسابيع สัปดาห์ 周 週 週間 주 주간',
  ],
  [
    'month',
    'month months monat monate monaten mes meses mois месяц месяца месяцев ay lună luni mese mesi mês maand maanden tháng μήνα μήνες महीने महीना शهर شهر أشهر เดือน 个月 個月 か月 ヶ月 カ月 ケ月 箇月 개월 달',
  ],
  [
    'year',
    'year years jahr jahre jahren jahres año años an ans année années год года лет yıl ani anni ano anos jaar lat năm χρόνια έτη έτος वर्ष साल سنة سنوات عام ปี 年 年間 년 년간',
  ],
  ['person', '人 名 명 person persons people personen personas personnes человек คน'],
  ['kilometre', 'km kilometre kilometres kilometer kilometers kilómetros kilomètres километров километра キロメートル 公里 킬로미터'],
  ['metre', 'm metre metres meter meters metros mètres метров метра 米 メートル 미터'],
  ['centimetre', 'cm centimetre centimetres centimeter centimeters'],
  ['millimetre', 'mm millimetre millimetres millimeter millimeters'],
  ['mile', 'mile miles meilen millas'],
  ['foot', 'ft foot feet'],
  ['inch', 'inch inches zoll'],
  ['kilogram', 'kg kilogram kilograms kilogramm kilogramme kilogramos килограмм 公斤 キログラム 킬로그램'],
  ['gram', 'g gram grams gramm grammes gramos'],
  ['milligram', 'mg milligram milligrams'],
  ['tonne', 't tonne tonnes tons ton tonnen toneladas тонн'],
  ['litre', 'l litre litres liter liters litros'],
  ['millilitre', 'ml millilitre millilitres milliliter milliliters'],
  ['kilobyte', 'kb kilobyte kilobytes'],
  ['megabyte', 'mb megabyte megabytes'],
  ['gigabyte', 'gb gigabyte gigabytes'],
  ['terabyte', 'tb terabyte terabytes'],
  ['kilowatt', 'kw kilowatt kilowatts'],
  ['megawatt', 'mw megawatt megawatts'],
  ['hectare', 'ha hectare hectares hektar'],
])

/** Money is often told once for a whole table, and a scale too; other units stand beside their number. */
export const TOLD_ONCE: ReadonlySet<string> = new Set(['dollar', 'euro', 'pound', 'yen', 'yuan', 'won', 'baht', 'rupee', 'percent'])

const MONTH_ROWS = [
  'january jan januar januari janvier enero janeiro gennaio ianuarie ocak января январь ιανουαρίου ιανουάριος जनवरी يناير มกราคม stycznia ledna',
  'february feb februar februari février febrero fevereiro febbraio februarie şubat февраля февраль φεβρουαρίου φεβρουάριος फ़रवरी फरवरी فبراير กุมภาพันธ์ lutego',
  'march mar märz maart mars marzo março martie mart марта март μαρτίου μάρτιος मार्च مارس มีนาคม marca',
  'april apr avril abril aprile aprilie nisan апреля апрель απριλίου απρίλιος अप्रैल أبريل เมษายน kwietnia',
  'may mai mei maj mayo maio maggio mayıs мая май μαΐου μάιος मई مايو พฤษภาคม maja',
  'june jun juni juin junio junho giugno iunie haziran июня июнь ιουνίου ιούνιος जून يونيو มิถุนายน czerwca',
  'july jul juli juillet julio julho luglio iulie temmuz июля июль ιουλίου ιούλιος जुलाई يوليو กรกฎาคม lipca',
  'august aug augustus août agosto ağustos августа август αυγούστου αύγουστος अगस्त أغسطس สิงหาคม sierpnia',
  'september sep sept septembre septiembre setembro settembre septembrie eylül сентября сентябрь σεπτεμβρίου σεπτέμβριος सितंबर سبتمبر กันยายน września',
  'october oct oktober okt octobre octubre outubro ottobre octombrie ekim октября октябрь οκτωβρίου οκτώβριος अक्टूबर أكتوبر ตุลาคม października',
  'november nov novembre noviembre novembro noiembrie kasım ноября ноябрь νοεμβρίου νοέμβριος नवंबर نوفمبر พฤศจิกายน listopada',
  'december dec dezember dez décembre diciembre dezembro dicembre decembrie aralık декабря декабрь δεκεμβρίου δεκέμβριος दिसंबर ديسمبر ธันวาคม grudnia',
]
export const MONTHS = table<number>(MONTH_ROWS.map((words, index) => [index + 1, words]))
