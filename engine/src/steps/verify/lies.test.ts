import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { analyze, detectLanguage } from '../analyze/analyze.ts'
import { isCommonWord } from '../analyze/language.ts'
import { denials } from './denials.ts'
import { supportOf } from './support.ts'
import { isTableRule, onlyHeads } from './tables.ts'

const language = { analyze, languageOf: detectLanguage, isCommon: isCommonWord }
const judge = (said: string, cited: string) => supportOf(said, [{ cited, names: '', around: cited, document: cited, pages: undefined }], 1, language).verdict

describe('what is denied in several words is denied once', () => {
  test.each([
    ["L'assurance ne couvre pas les dégâts des eaux.", "L'assurance couvre les dégâts des eaux."],
    ['Les employés ne reçoivent jamais de prime.', 'Les employés reçoivent une prime.'],
    ['Aucun employé ne reçoit de prime annuelle.', 'Les employés reçoivent une prime annuelle.'],
    ["L'employeur ne paie plus la prime.", "L'employeur paie la prime."],
    ['Le client ne paie rien pour la livraison.', 'Le client paie pour la livraison.'],
    ["Personne n'a signé le contrat de vente.", 'Le directeur a signé le contrat de vente.'],
    ["Le bureau n'est pas ouvert le lundi.", 'Le bureau est ouvert le lundi.'],
    ['Сотрудники никогда не получают премию.', 'Сотрудники получают премию.'],
    ['Никто не подписал договор аренды.', 'Директор подписал договор аренды.'],
    ['Клиент ничего не платит за доставку.', 'Клиент платит за доставку.'],
    ['Los empleados no reciben nunca una prima anual.', 'Los empleados reciben una prima anual.'],
    ['No firmó nadie el contrato de venta.', 'El director firmó el contrato de venta.'],
    ['El cliente no paga nada por la entrega.', 'El cliente paga por la entrega.'],
    ['Gli impiegati non ricevono mai un premio annuale.', 'Gli impiegati ricevono un premio annuale.'],
    ['Non ha firmato nessuno il contratto di vendita.', 'Il direttore ha firmato il contratto di vendita.'],
    ['Il cliente non paga niente per la consegna.', 'Il cliente paga per la consegna.'],
    ['Os funcionários não recebem nunca um prémio anual.', 'Os funcionários recebem um prémio anual.'],
    ['Ninguém não assinou o contrato de venda.', 'O diretor assinou o contrato de venda.'],
    ['Pracownicy nigdy nie otrzymują premii.', 'Pracownicy otrzymują premii.'],
    ['Angajații nu primesc niciodată o primă anuală.', 'Angajații primesc o primă anuală.'],
    ['Οι υπάλληλοι δεν λαμβάνουν ποτέ επίδομα.', 'Οι υπάλληλοι λαμβάνουν επίδομα.'],
    ['Neither staff nor visitors may enter the laboratory.', 'Staff and visitors may enter the laboratory.'],
    ['Weder Mitarbeiter noch Besucher dürfen das Labor betreten.', 'Mitarbeiter und Besucher dürfen das Labor betreten.'],
    ['Né il personale né i visitatori possono entrare.', 'Il personale e i visitatori possono entrare.'],
    ['Ni el personal ni los visitantes pueden entrar.', 'El personal y los visitantes pueden entrar.'],
    ['Ни сотрудники, ни посетители не допускаются.', 'Сотрудники и посетители допускаются.'],
    ['No dogs are admitted except guide dogs.', 'Dogs are admitted.'],
    ['사무실은 월요일에 열리지 않습니다.', '사무실은 월요일에 열립니다.'],
    ['オフィスは月曜日に開きません。', 'オフィスは月曜日に開きます。'],
    ['חופשה אינה מותרת לעובדים', 'חופשה מותרת לעובדים'],
  ])('%s', (denied, plain) => {
    expect(denials(denied) % 2).toBe(1)
    expect(denials(plain)).toBe(0)
    expect([judge(plain, denied), judge(denied, denied), judge(plain, plain)]).toEqual(['unsupported', 'verified', 'verified'])
    expect(judge(denied, plain)).not.toBe('verified')
  })
  test.each([
    ['The plan is not without risk.', 0],
    ['No employee may not attend.', 0],
    ["Il n'y a que deux bureaux.", 0],
    ['Not only managers may attend.', 0],
    ['No more than 5 guests may attend.', 0],
    ['It does not exceed 5 days.', 0],
    ['The margin declined to 64.6%.', 0],
    ['The margin declined to about sixty percent.', 0],
    ['The margin declined to $5.', 0],
    ['Net sales declined to historic lows.', 0],
    ['Net sales declined to record lows.', 0],
    ['Earnings declined to pre-crisis levels.', 0],
    ['Earnings declined to their former values.', 0],
    ['The price declined to former values.', 0],
    ['Turnout declined to multi-year lows.', 0],
    ['The chair declined to comment on record lows.', 1],
    ['The chair declined to disclose levels.', 1],
    ['The bank declined to reveal the deal.', 1],
    ['The bank declined to vary its rates.', 1],
    ['The firm declined to enable the new signal.', 1],
    ['The office opens im Mai.', 0],
    ['申請書を提出しなければなりません。', 0],
  ])('is no denial: %s', (text, count) => {
    expect(denials(text) % 2).toBe(count)
  })
})

describe('what takes back the verb after it', () => {
  test.each([
    ['The board refused to approve the merger plan.', 'The board approved the merger plan.', 'unsupported'],
    ['The court declined to hear the appeal.', 'The court heard the appeal.', 'unsupported'],
    ['The company denied that it had leaked customer data.', 'The company leaked customer data.', 'unsupported'],
    ['The company denied the allegation of leaking customer data.', 'The company is leaking customer data.', 'unsupported'],
    ['The plan failed to reduce costs in the northern branch.', 'The plan reduced costs in the northern branch.', 'unsupported'],
    ['Its failure to file the report was noted by the regulator.', 'The filing of the report was noted by the regulator.', 'weak'],
    ['The lender was unable to recover the loan.', 'The lender recovered the loan.', 'unsupported'],
    ['The rumour that the plant will close is false.', 'The plant will close.', 'unsupported'],
    ['The manager refrained from signing the lease.', 'The manager signed the lease.', 'unsupported'],
    ['Der Vorstand weigerte sich, den Plan zu genehmigen.', 'Der Vorstand genehmigte den Plan.', 'unsupported'],
    ["Le conseil a refusé d'approuver le plan de fusion.", 'Le conseil a approuvé le plan de fusion.', 'unsupported'],
    ['El consejo se negó a aprobar el plan de fusión.', 'El consejo aprobó el plan de fusión.', 'unsupported'],
    ['The temperature fell to minus five degrees.', 'The temperature fell to five degrees.', 'unsupported'],
    ['The temperature dropped to -5 degrees.', 'The temperature dropped to 5 degrees.', 'unsupported'],
    ['It was alleged that the manager stole funds.', 'The manager stole funds.', 'weak'],
    ['The plan was intended to reduce costs but did not.', 'The plan reduced costs.', 'weak'],
    ['The drug is safe for adults.', 'The drug is unsafe for adults.', 'unsupported'],
    ['Members are ineligible for refunds.', 'Members are eligible for refunds.', 'unsupported'],
    ['Up to 10 days may be carried over.', 'More than 10 days may be carried over.', 'unsupported'],
    ['Exactly 5 members must attend.', 'At least 5 members must attend.', 'weak'],
    ['The merger was expected to be completed in May.', 'The merger was completed in May.', 'weak'],
    ['Mayor Smith was expected to be removed from office.', 'Mayor Smith was removed from office.', 'weak'],
    ['Williams Ltd was expected to be sold to Acme.', 'Williams Ltd was sold to Acme.', 'weak'],
    ['The goalkeeper was expected to be sold to Acme.', 'The goalkeeper was sold to Acme.', 'weak'],
    ['The accordion was expected to be sold to Acme.', 'The accordion was sold to Acme.', 'weak'],
  ])('%s', (cited, said, verdict) => {
    const found = judge(said, cited)
    expect(found).not.toBe('verified')
    if (verdict === 'unsupported') expect(found).toBe('unsupported')
    expect(judge(cited, cited)).toBe('verified')
  })
})

describe('the same said with another denial is not called wrong', () => {
  test.each([
    ['No more than 5 guests are allowed.', 'At most 5 guests are allowed.', 'verified'],
    ['No fewer than 5 guests are required.', 'At least 5 guests are required.', 'verified'],
    ['Employees may not smoke in the building.', 'Smoking in the building is prohibited for employees.', 'weak'],
    ['Refunds are impossible after 30 days.', 'Refunds are not possible after 30 days.', 'weak'],
    ['The office is closed on Sundays.', 'The office is not open on Sundays.', 'weak'],
    ['Applications are accepted until 30 June.', 'Applications are not accepted after 30 June.', 'weak'],
    ['The board refused to approve the plan.', 'The board did not approve the plan.', 'weak'],
    ['The board did not approve the plan.', 'The board rejected the plan.', 'weak'],
    ['Only managers can approve requests.', 'Nobody but managers can approve requests.', 'weak'],
    ['Das Rauchen ist in der Halle verboten.', 'In der Halle darf man nicht rauchen.', 'weak'],
  ])('%s', (one, other, verdict) => {
    for (const found of [judge(one, other), judge(other, one)]) expect(verdict === 'verified' ? [verdict] : ['weak', 'verified']).toContain(found)
  })
})

describe('figures of every script and form', () => {
  const scripts: readonly ((number: number) => string)[] = [
    (one) => `価格は${one}円です。`,
    (one) => `価格は${one.toLocaleString('en')}円です。`,
    (one) => `売上高は${one}億円でした。`,
    (one) => `メールは${one}時間以内に返信します。`,
    (one) => `カメラは${one}グラムです。`,
    (one) => `従業員の数は${one}人です。`,
    (one) => `가격은 ${one}원입니다.`,
    (one) => `휴가는 ${one}일입니다.`,
    (one) => `매출은 ${one}억원으로 증가했습니다.`,
    (one) => `총${one}명이 참석했습니다.`,
    (one) => `公司有${one}名员工。`,
    (one) => `ราคา${one}บาทต่อวัน`,
    (one) => `The battery holds ${one}kWh of energy.`,
    (one) => `The battery has a capacity of ${one}mAh.`,
    (one) => `The signal is ${one}dBm strong.`,
    (one) => `Maaş ${one}TL olarak belirlendi.`,
    (one) => `Оклад ${one}руб. в месяц.`,
    (one) => `It weighs ${one} 1/2 pounds.`,
    (one) => `The share is ${one}½ percent.`,
    (one) => `It was minus ${one} degrees.`,
  ]
  const number = fc.integer({ min: 1, max: 9999 })
  test('another number is never verified, the same always', () => {
    fc.assert(
      fc.property(fc.constantFrom(...scripts), number, number, (write, one, other) => {
        fc.pre(one !== other)
        expect(judge(write(one), write(one)), write(one)).toBe('verified')
        // 9990 may be 9985 rounded.
        expect(judge(write(other), write(one)), `${write(other)} of ${write(one)}`).toBeOneOf(other % 10 === 0 ? ['unsupported', 'weak'] : ['unsupported'])
      }),
      { numRuns: 600 },
    )
  })
  test.each([
    ['The meeting starts at 14:00.', 'The meeting starts at 2 pm.'],
    ['The meeting starts at 9.30 Uhr.', 'The meeting starts at 9:30.'],
    ['It takes 1½ hours.', 'It takes 1.5 hours.'],
    ['It takes 1.5 hours.', 'It takes one and a half hours.'],
    ['It costs two hundred and fifty dollars.', 'It costs 250 dollars.'],
    ['The battery holds 10 kWh of energy.', 'The battery holds 10kWh of energy.'],
    ['The pump runs at 50Hz and 230V.', 'The pump runs at 50 Hz and 230 V.'],
    ['It costs $5M.', 'It costs $5 million.'],
    ['The shop is open from 9 am to 5 pm.', 'The shop is open from 9:00 to 17:00.'],
    ['会議は14時30分に始まります。', '会議は14:30に始まります。'],
    ['Sales were 3–5 million.', 'Sales were between 3 and 5 million.'],
    ['Half of the members voted.', '50% of the members voted.'],
    ['A third of the staff left.', '33.3% of the staff left.'],
    ['Two thirds of the staff left.', '67% of the staff left.'],
    ['The first phase opened in Bern.', 'Phase 1 opened in Bern.'],
    ['The lease ends on the first day of the month.', 'The lease ends on day 1 of the month.'],
    ['The 21st session opened in Bern.', 'The twenty-first session opened in Bern.'],
    ['The firm sold two dozen cars.', 'The firm sold 24 cars.'],
  ])('%s', (one, other) => {
    expect([judge(one, other), judge(other, one)]).toEqual(['verified', 'verified'])
  })
  test.each([
    ['会議は午後2時に始まります。', '会議は14時に始まります。'],
    ['The share of the group is 0.25.', 'The share of the group is 25%.'],
    ['매출은 5억3000만원입니다.', '매출은 530,000,000원입니다.'],
  ])('%s is not called wrong, though it is not surely the same', (one, other) => {
    expect([judge(one, other), judge(other, one)]).not.toContain('unsupported')
  })
  test.each([
    ['Rates are 3–5%.', 'Rates are 3%.'],
    ['The rate is 3 1/2 percent.', 'The rate is 3 percent.'],
    ['The total revenue was 1.234 million.', 'The total revenue was 1,234 million.'],
    ['The meeting starts at 9 am.', 'The meeting starts at 9 pm.'],
    ['The meeting starts at 9:30 am.', 'The meeting starts at 21:30.'],
    ['The meeting starts at 3 pm.', 'The meeting starts at 3:00.'],
    ["The meeting starts at 3 o'clock.", 'The meeting starts at 15:00.'],
  ])('%s is more or another than the other', (cited, said) => {
    expect(judge(said, cited)).not.toBe('verified')
  })
})

describe('ordinals, quarters, halves and parts', () => {
  const words = ['first', 'second', 'third', 'fourth']
  const quarters: readonly ((which: number) => string)[] = [
    (which) => `${words[which - 1]} quarter`,
    (which) => `${['1st', '2nd', '3rd', '4th'][which - 1]} quarter`,
    (which) => `Q${which}`,
    (which) => `quarter ${which}`,
  ]
  const quarter = fc.integer({ min: 1, max: 4 })
  test('a quarter is the same in every form, and no other one', () => {
    fc.assert(
      fc.property(fc.constantFrom(...quarters), fc.constantFrom(...quarters), quarter, quarter, (one, other, which, wrong) => {
        const cited = `Net sales rose in the ${one(which)} of 2023.`
        expect(judge(`Net sales rose in the ${other(which)} of 2023.`, cited)).toBe('verified')
        if (wrong !== which) expect(judge(`Net sales rose in the ${other(wrong)} of 2023.`, cited), cited).toBe('unsupported')
      }),
      { numRuns: 300 },
    )
  })
  test.each([
    ['In the first half of 2023 sales fell.', 'In the second half of 2023 sales fell.'],
    ['Sales fell in H1 2023.', 'Sales fell in the second half of 2023.'],
    ['The second applicant was chosen for the position.', 'The third applicant was chosen for the position.'],
    ['Accounts are closed on the 2nd floor.', 'Accounts are closed on the 3rd floor.'],
    ['Half of the members voted for the proposal.', 'A quarter of the members voted for the proposal.'],
    ['The first session opened in Bern.', 'The twenty-first session opened in Bern.'],
    ['The twenty-first session opened in Bern.', 'The twenty-second session opened in Bern.'],
    ['Two thirds of members voted yes.', 'One third of members voted yes.'],
    ['Im zweiten Quartal stieg der Umsatz der Gruppe.', 'Im dritten Quartal stieg der Umsatz der Gruppe.'],
    ['Im 2. Quartal stieg der Umsatz der Gruppe.', 'Im 3. Quartal stieg der Umsatz der Gruppe.'],
    ['Le bénéfice a augmenté au deuxième trimestre.', 'Le bénéfice a augmenté au troisième trimestre.'],
    ['El segundo trimestre fue rentable.', 'El tercer trimestre fue rentable.'],
    ['Во втором квартале прибыль выросла.', 'В третьем квартале прибыль выросла.'],
    ['第二季度利润增长。', '第三季度利润增长。'],
    ['2분기 이익이 증가했습니다.', '3분기 이익이 증가했습니다.'],
    ['上半期の利益は増加しました。', '下半期の利益は増加しました。'],
  ])('%s', (cited, said) => {
    expect([judge(said, cited), judge(cited, said)]).toEqual(['unsupported', 'unsupported'])
    expect([judge(cited, cited), judge(said, said)]).toEqual(['verified', 'verified'])
  })
  test.each([
    ['Submit the form before the end of the week.', 'First, submit the form.'],
    ['The gym is on the second floor.', 'According to the first document, the gym is on the second floor.'],
    ['The second and third quarters were profitable.', 'The second quarter was profitable.'],
    ['It takes 30 seconds per page.', 'It takes 30 seconds per page.'],
    ['A quarter of the staff works from home.', 'One quarter of the staff works from home.'],
  ])('%s says what is asked of it', (cited, said) => {
    expect(judge(said, cited)).toBe('verified')
  })
})

describe('a time is not that of the other half of the day', () => {
  test.each([
    ['The backup runs at 03:00.', 'The backup runs at 15:00.'],
    ['The backup runs at 3:00.', 'The backup runs at 15:00.'],
    ['The backup runs at 11:45 every day.', 'The backup runs at 23:45 every day.'],
    ['Die Sicherung beginnt um 3:00.', 'Die Sicherung beginnt um 15:00.'],
    ['Die Sicherung beginnt um 3 Uhr.', 'Die Sicherung beginnt um 15 Uhr.'],
    ['Le train part à 3h15.', 'Le train part à 15h15.'],
    ['The gear ratio is 3:20.', 'The shop closes at 15:20, and the gear ratio is 4:20.'],
    ['The backup runs at 03:00.', 'The backup runs at 3 pm.'],
    ['The first backup runs at 3:00, the second at 14:00.', 'The first backup runs at 3 pm, the second at 14:00.'],
  ])('%s', (one, other) => {
    expect([judge(one, other), judge(other, one)]).toEqual(['unsupported', 'unsupported'])
    expect([judge(one, one), judge(other, other)]).toEqual(['verified', 'verified'])
  })
})

test.each([
  ['The firm sold two dozen cars.', 'The firm sold 12 cars; two were red.'],
  ['Half of the staff left.', '51% of the staff left.'],
  ['A third of the staff left.', '34% of the staff left.'],
  ['A third of the staff left.', '0.3% of the staff left.'],
  ['The first phase opened in Bern.', 'Phase 2 opened in Bern.'],
  ['The first phase opened in Bern.', 'Phase 1.5 opened in Bern.'],
])('nearly is not the same: %s', (one, other) => {
  expect([judge(one, other), judge(other, one)]).not.toContain('verified')
})

describe('heads of a table', () => {
  const told = (word: string) => ['aspirin', 'dose', 'founder'].includes(word.toLowerCase())
  const carrying = (word: string) => !isCommonWord(word.toLowerCase())
  test.each([
    ['| Aspirin | Daily dose |', false],
    ['| Aspirin | Dose per day | Notes |', true],
    ['| Name | Categories | Quantities | Preise |', true],
    ['| Aspirin cures all cancer | Smith stole the money |', false],
    ['| Name | Smith |', false],
    ['| Name | Pays tax |', false],
    ['| Year | 1999 |', false],
  ])('%s', (row, heads) => {
    expect(onlyHeads(row, carrying, told)).toBe(heads)
  })
  test('the line below them is of rules alone', () => {
    for (const rule of ['|---|---|', '| :-- | --: |', '---|---', '|-|', ' |:-:| ']) expect(isTableRule(rule), rule).toBe(true)
    for (const other of ['---', '|', '||', '|---|x|', '| |', '', '|::|', `|${' '.repeat(20_000)}x`]) expect(isTableRule(other), other.slice(0, 9)).toBe(false)
  })
})

describe('numbers that changed places', () => {
  test.each([
    ['Employees receive 14 days of leave and 6 days of sick pay.', 'Employees receive 6 days of leave and 14 days of sick pay.', 'unsupported'],
    ['The contract ended in 2019 and started in 2015.', 'The contract ended in 2015 and started in 2019.', 'unsupported'],
    ['The budget is 500 for travel, 300 for food.', 'The budget is 300 for travel, 500 for food.', 'unsupported'],
    ['Three of five samples failed.', 'Five of three samples failed.', 'unsupported'],
    ['Revenue in the north was 10 and in the south 20.', 'Revenue in the south was 10.', 'weak'],
    ['Apples cost 5 dollars. Pears cost 7 dollars.', 'Apples cost 7 dollars.', 'weak'],
    ['| Product | Price |\n| Apple | 5 |\n| Pear | 7 |', 'Apple costs 7.', 'weak'],
  ])('%s', (cited, said, verdict) => {
    expect(judge(said, cited)).toBe(verdict)
    expect(judge(cited, cited)).toBe('verified')
  })
  test.each([
    ['Revenue was 5 million in 2022 and 6 million in 2023.', 'In 2023 revenue was 6 million.'],
    ['Employees receive 14 days of leave and 6 days of sick pay.', 'Employees receive 6 days of sick pay and 14 days of leave.'],
    ['Employees receive 14 days of leave and 6 days of sick pay.', 'Employees receive 6 days of sick pay.'],
    ['iPhone sales were 205 and Mac sales were 40 in 2022.', 'In 2022 Mac sales were 40 and iPhone sales were 205.'],
    ['The contract ended in 2019 and started in 2015.', 'The contract started in 2015 and ended in 2019.'],
    ['Net sales rose by 5.3% to $1,234 million in 2023.', 'In 2023, net sales rose to $1,234 million, by 5.3%.'],
    ['| Apple | 5 |\n| Pear | 7 |', 'Pear: 7; apple: 5.'],
  ])('and that did not: %s', (cited, said) => {
    expect(judge(said, cited)).toBe('verified')
  })
})

describe('what the documents do not tell', () => {
  const told = (word: string) => ['ceo', 'fraud', 'convicted'].includes(word.toLowerCase())
  test.each([
    ['The documents do not say why the CEO was convicted of fraud.', 'uncited', 'weak'],
    ['The documents do not mention any fraud other than that of the CEO.', 'uncited', 'weak'],
    ['The documents do not say when the CEO was convicted.', 'uncited', 'weak'],
    ['The documents do not mention a dog policy.', 'uncited', 'uncited'],
    ['The documents do not say how to reset a password.', 'uncited', 'uncited'],
    ['The documents do not say who decides.', 'uncited', 'uncited'],
  ])('%s', (said, known, unknown) => {
    expect(supportOf(said, [], 0, language, told).verdict).toBe(known)
    expect(supportOf(said, [], 0, language).verdict).toBe(unknown)
  })
})
