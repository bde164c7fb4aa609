// Tables of Markdown, line by line as an answer tells them.

/** A line with cells. */
export function isTableRow(line: string): boolean {
  return /^\s*\|/.test(line) || /\S\s\|\s\S/.test(line)
}

/** The line below the heads of the columns: "|---|:--:|". */
export function isTableRule(line: string): boolean {
  const bare = line.trim()
  if (!bare.includes('|')) return false
  const cells = bare.slice(bare.startsWith('|') ? 1 : 0, bare.endsWith('|') ? -1 : undefined).split('|')
  return cells.every((cell) => /^:?-+:?$/.test(cell.trim()))
}

/** What columns are called whatever they hold; of plurals the singular is enough. */
const COLUMNS = new Set(
  (
    'name title item detail description type kind category class group value amount total sum average number count quantity share rate percentage percent ratio ' +
    'price cost fee charge budget date day week month quarter half year period time hour minute duration deadline start end begin due term status state stage phase step ' +
    'page source section chapter clause article reference document quote citation topic subject theme area field aspect point key question answer fact figure metric ' +
    'measure indicator unit currency country region city place location address person people employee role position team department responsible owner contact party ' +
    'company organization organisation product service feature option plan level requirement condition rule policy limit exception benefit advantage disadvantage pro con ' +
    'change difference comparison increase decrease result outcome effect reason purpose goal action task activity event example note comment remark summary overview ' +
    'information data entry row column code id index rank order priority version format size length width height weight minimum maximum min max frequency method ' +
    'nr anzahl art bezeichnung beschreibung betrag wert summe gesamt durchschnitt anteil preis kosten gebühr datum tag woche monat quartal jahr zeit zeitraum dauer frist ' +
    'beginn ende seite quelle abschnitt thema bereich punkt frage antwort kennzahl einheit währung land stadt ort rolle abteilung zuständig verantwortlich firma unternehmen ' +
    'produkt leistung merkmal anforderung bedingung regel grenze ausnahme vorteil nachteil änderung unterschied ergebnis grund ziel aufgabe ereignis beispiel hinweis ' +
    'bemerkung kommentar häufigkeit kategorie typ status ' +
    'nombre descripción tipo categoría valor importe cantidad número porcentaje precio costo coste fecha día semana mes trimestre año período periodo plazo duración inicio ' +
    'fin página fuente sección tema aspecto punto pregunta respuesta país región ciudad lugar persona responsable departamento empresa producto servicio requisito condición ' +
    'regla límite excepción ventaja cambio diferencia resultado motivo objetivo tarea ejemplo nota ' +
    'nom description catégorie valeur montant quantité numéro pourcentage prix coût date jour semaine mois trimestre année période délai durée début fin page source ' +
    'section sujet aspect point question réponse pays région ville lieu personne responsable service entreprise produit exigence condition règle limite exception avantage ' +
    'changement différence résultat raison objectif tâche exemple note remarque ' +
    'descrizione categoria valore importo quantità numero percentuale prezzo costo data giorno settimana mese anno periodo durata inizio fine pagina fonte sezione ' +
    'descrição categoria quantidade número percentagem preço custo dia semana mês ano início fim página fonte seção assunto pessoa empresa produto ' +
    'имя название описание тип категория значение сумма количество номер доля цена стоимость дата день неделя месяц квартал год период срок начало конец страница источник ' +
    'раздел тема вопрос ответ показатель страна регион город место лицо ответственный отдел компания продукт услуга условие правило изменение результат причина цель пример ' +
    'примечание'
  ).split(' '),
)

function names(word: string): boolean {
  const plain = word.toLowerCase()
  return [plain, plain.replace(/s$/, ''), plain.replace(/es$/, ''), plain.replace(/ies$/, 'y'), plain.replace(/en?$/, '')].some((one) => COLUMNS.has(one))
}

/**
 * Do the heads of columns claim nothing? Each word that carries stands in the passages or is what columns are called, and figures always
 * stand there. `carrying`: has the word a meaning of its own? `told`: does it stand there?
 */
export function onlyHeads(line: string, carrying: (word: string) => boolean, told: (word: string) => boolean): boolean {
  const words = line.match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  return words.every((word) => told(word) || (!/\p{N}/u.test(word) && (!carrying(word) || names(word))))
}
