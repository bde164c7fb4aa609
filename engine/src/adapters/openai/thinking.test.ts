import { expect, test } from 'vitest'
import type { ChatRequest } from '../../ports/chat.ts'
import { THINKING_TOKENS } from '../thinking.ts'
import { openaiChat } from './chat.ts'

const never = new AbortController().signal
const bodyOf = async (model: string, facts: Partial<ChatRequest> = {}, official = true) => {
  const bodies: Record<string, unknown>[] = []
  const reading = openaiChat({
    ...{
      provider: official ? 'openai' : 'local',
      baseUrl: official ? 'https://api.openai.com/v1' : 'http://models.test/v1',
      apiKey: 'sk-test-0123456789',
      model,
    },
    fetch: async (_, { body = '{}' }) => {
      bodies.push(JSON.parse(body))
      return Response.json({ choices: [{ message: { content: 'ready' }, finish_reason: 'stop' }] })
    },
  })
  for await (const _event of reading.write({ system: '', messages: [{ role: 'user', text: 'a' }], maxTokens: 300, ...facts }, never)) {
    // Only what was sent matters.
  }
  return { thinking: reading.thinking, ...bodies[0] }
}
test.each(['o1', 'o3-mini', 'o4-mini-2025-04-16', 'gpt-5', 'gpt-5.1-mini', 'gpt-5-nano', 'ft:gpt-5-mini:me::1'])(
  'there is room for the thoughts of %s, and little of them for a small question',
  async (model) => {
    const [answer, small] = [await bodyOf(model), await bodyOf(model, { brief: true })]
    expect(answer).toMatchObject({ max_completion_tokens: 300 + THINKING_TOKENS, thinking: THINKING_TOKENS })
    expect(answer).not.toHaveProperty('reasoning_effort')
    expect(small).toMatchObject({ max_completion_tokens: 300 + THINKING_TOKENS, reasoning_effort: 'low' })
  },
)
test.each(['gpt-4o', 'gpt-4.1-mini', 'gpt-5-chat-latest', 'gpt-5.1-chat-latest', 'chatgpt-4o-latest'])('%s is asked for no thoughts', async (model) => {
  const small = await bodyOf(model, { brief: true })
  expect(small).toMatchObject({ max_completion_tokens: 300, thinking: 0 })
  expect(small).not.toHaveProperty('reasoning_effort')
})
test.each(['o1-mini', 'o1-preview', 'gpt-5-pro', 'o3-pro-2025-06-10'])('%s, which knows no low effort, is not asked for it', async (model) => {
  const small = await bodyOf(model, { brief: true })
  expect(small).toMatchObject({ max_completion_tokens: 300 + THINKING_TOKENS })
  expect(small).not.toHaveProperty('reasoning_effort')
})
test('a server of another maker leaves room for thoughts by the name of its model, within its window', async () => {
  for (const model of ['gpt-oss:20b', 'deepseek-r1:8b', 'openai/o3', 'Qwen/Qwen3-8B', 'qwq'])
    expect(await bodyOf(model, { brief: true }, false), model).toMatchObject({ max_tokens: 300 + 2048, thinking: 2048 })
  for (const model of ['llama3', 'qwen3-coder:30b', 'Qwen3-4B-Instruct-2507', 'solo1-x', 'phi-4'])
    expect(await bodyOf(model, { brief: true }, false), model).toMatchObject({ max_tokens: 300, thinking: 0 })
  expect(await bodyOf('openai/o3', { brief: true }, false)).not.toHaveProperty('reasoning_effort')
})
