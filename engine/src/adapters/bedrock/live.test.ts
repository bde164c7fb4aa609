import { describe, expect, test } from 'vitest'
import type { ChatEvent } from '../../ports/chat.ts'
import { awsCredentials } from '../aws-signing.ts'
import { bedrockChat } from './chat.ts'
import { bedrockEmbedders } from './embedder.ts'
import { bedrockReranker } from './reranker.ts'

const { AWS_REGION, QUARRY_TEST_BEDROCK, QUARRY_TEST_BEDROCK_CHAT, QUARRY_TEST_BEDROCK_RERANK } = process.env
const credentials = awsCredentials()
const isAsked = QUARRY_TEST_BEDROCK === 'on' && AWS_REGION !== undefined
const hasKeys =
  isAsked &&
  (await credentials()
    .then(() => true)
    .catch(() => false))
if (!hasKeys) console.info('Skipped, since QUARRY_TEST_BEDROCK=on, AWS_REGION and AWS credentials are not all set: Bedrock itself is not asked.')

describe.skipIf(!hasKeys)('Bedrock itself', { timeout: 60_000 }, () => {
  const options = { region: AWS_REGION ?? '', credentials }
  const signal = AbortSignal.timeout(60_000)
  const ask = async (model: string) => {
    const events: ChatEvent[] = []
    const request = {
      system: 'Begin your answer with 😀.',
      messages: [{ role: 'user', text: 'How long is the Pelican bridge?' }] as const,
      maxTokens: 200,
      passages: [
        { title: 'Roads', text: 'The road was paved in 1902.' },
        { title: 'Bridges', text: 'The Pelican bridge was opened in 1931. It is 412 metres long.' },
      ],
    }
    for await (const event of bedrockChat({ ...options, model }).write(request, signal)) events.push(event)
    return events
  }
  test('writes, and cites the sentence that it was given', async () => {
    const events = await ask(QUARRY_TEST_BEDROCK_CHAT ?? 'global.anthropic.claude-haiku-4-5-20251001-v1:0')
    expect(events.at(-1)).toMatchObject({ type: 'end', usage: { inputTokens: expect.any(Number) } })
    const citation = events.find((event) => event.type === 'citation')
    expect(citation).toMatchObject({
      passage: 2,
      quote: expect.stringContaining('412 metres'),
      start: expect.any(Number),
      claim: { start: expect.any(Number) },
    })
  })
  test.each([
    ['amazon.titan-embed-text-v2:0', 1024],
    ['cohere.embed-multilingual-v3', 1024],
  ])('embeds with %s', async (model, dimensions) => {
    const embedder = await bedrockEmbedders(options).open(model, signal)
    expect((await embedder.embed(['cat', 'dog'], 'passage', signal)).map((vector) => vector.length)).toEqual([dimensions, dimensions])
  })
  test('orders texts', async () => {
    const reranker = bedrockReranker({ ...options, model: QUARRY_TEST_BEDROCK_RERANK ?? 'cohere.rerank-v3-5:0' })
    const [rain = 1, steel = 0] = await reranker.rerank('What is a bridge made of?', ['It rained.', 'Bridges are made of steel.'], signal)
    expect(steel).toBeGreaterThan(rain)
  })
})
