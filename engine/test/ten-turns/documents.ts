// What is asked about, and what is asked.

/** One text for each page of a PDF. */
export const PAGES: readonly string[] = [
  'Harbour Street 1. The harbour wall was built in 1911 of granite from the north quarry. It is 240 metres long and eleven metres high. The wall is inspected in April and in October by two divers. Cracks wider than four millimetres are reported to the harbour office within a day.',
  'Harbour Street 2. Repairs of the wall are paid by the town for two thirds and by the shipping company for one third. In 2024 the repairs cost 310,000 euros. The contract with the shipping company ends on 31 December 2029. Whoever finds a loose stone calls the number on the blue sign.',
  'Harbour Street 3. The crane on the east pier lifts at most twelve tonnes. It was moved to the lighthouse in May 2023. Nobody stands below the crane while it works. The crane is driven by staff who have held the licence for at least three years.',
]

export const DOCUMENTS: readonly (readonly [name: string, text: string])[] = [
  [
    'handbook.md',
    `# Handbook of the lighthouse

## Keys

The keys of the lighthouse hang in the office behind the door. Whoever takes a key writes the time into the red book. A lost key is told to the keeper on the same day, and the lock is changed within 48 hours.

## Leave

Leave is requested in the portal at least two weeks ahead. The team lead decides within three days. Up to five days can be carried over into the next year, but only until the end of March.

## Visitors

Groups of at most fifteen people climb the tower together. Children under six stay on the first floor. The climb takes about twenty minutes, and there are 173 steps. Dogs wait below – a hook for the lead is beside the door. 🐕
`,
  ],
  [
    'lamp.md',
    `# The lamp

The lamp turns once in twelve seconds and is seen from 22 nautical miles. It is cleaned every Monday with spirit and a soft cloth. The spare bulb lies in the third drawer of the workshop.

| Part | Changed every | Costs |
| --- | --- | --- |
| Bulb | 9 months | 85 euros |
| Motor belt | 4 years | 240 euros |
| Lens seal | 10 years | 1,300 euros |

When the lamp fails, the keeper lights the emergency lantern and calls the coast guard on channel 16.
`,
  ],
]

/** Ten turns of one conversation: whole questions, some that lean on those before, small talk, and one about the conversation. */
export const QUESTIONS: readonly string[] = [
  'Where do the keys of the lighthouse hang?',
  'And what if one is lost?',
  'How is leave requested, and who decides about it?',
  'How much did the repairs of the harbour wall cost in 2024?',
  'Who pays them?',
  'Thank you!',
  'How often does the lamp turn, and how far is it seen?',
  'What did I ask first?',
  'Which colour has the bicycle of the mayor of the neighbouring island?',
  'How many tonnes does the crane on the east pier lift at most, and when was it moved?',
]
