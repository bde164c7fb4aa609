import { chatFaultsContract, FAULTS_SECRET } from '../../ports/chat-faults.contract.ts'
import { anthropicChat } from './chat.ts'

const event = (value: { readonly type: string }) => `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`

chatFaultsContract('anthropic', {
  open: (baseUrl, clock, timeoutMs) => anthropicChat({ baseUrl, apiKey: FAULTS_SECRET, model: 'claude-tiny', timeoutMs, clock }),
  mediaType: 'text/event-stream',
  frames: (texts) =>
    [
      { type: 'message_start', message: { id: 'm-1', type: 'message', role: 'assistant', content: [], usage: { input_tokens: 5, output_tokens: 1 } } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'ping' },
      ...texts.map((text) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 7 } },
      { type: 'message_stop' },
    ].map(event),
  errorBody: (message) => JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message }, request_id: 'r-1' }),
  errorFrame: (message) => `event: error\ndata: ${JSON.stringify({ type: 'error', error: { type: 'overloaded_error', message } })}\n\n`,
})
