import { chatFaultsContract, FAULTS_SECRET } from '../../ports/chat-faults.contract.ts'
import { openaiChat } from './chat.ts'

const event = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`
const chunk = (choice: unknown, more: object = {}) => event({ id: 'c-1', object: 'chat.completion.chunk', model: 'tiny', choices: [choice], ...more })

chatFaultsContract('openai', {
  open: (baseUrl, clock, timeoutMs) => openaiChat({ provider: 'openai', baseUrl: `${baseUrl}/v1`, apiKey: FAULTS_SECRET, model: 'tiny', timeoutMs, clock }),
  mediaType: 'text/event-stream',
  frames: (texts) => [
    chunk({ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }),
    ...texts.map((content) => chunk({ index: 0, delta: { content }, finish_reason: null })),
    chunk({ index: 0, delta: {}, finish_reason: 'stop' }),
    event({ id: 'c-1', object: 'chat.completion.chunk', model: 'tiny', choices: [], usage: { prompt_tokens: 5, completion_tokens: 7 } }),
    'data: [DONE]\n\n',
  ],
  errorBody: (message) => JSON.stringify({ error: { message, type: 'invalid_request_error', code: null } }),
  errorFrame: (message) => event({ error: { message, type: 'server_error', code: null } }),
})
