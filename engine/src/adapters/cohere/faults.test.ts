import { chatFaultsContract, FAULTS_SECRET } from '../../ports/chat-faults.contract.ts'
import { cohereChat } from './chat.ts'

const event = (value: { readonly type: string }) => `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`

chatFaultsContract('cohere', {
  open: (baseUrl, clock, timeoutMs) => cohereChat({ baseUrl, apiKey: FAULTS_SECRET, model: 'command-tiny', timeoutMs, clock }),
  mediaType: 'text/event-stream',
  frames: (texts) =>
    [
      { type: 'message-start', id: 'r-1', delta: { message: { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] } } },
      { type: 'content-start', index: 0, delta: { message: { content: { type: 'text', text: '' } } } },
      ...texts.map((text) => ({ type: 'content-delta', index: 0, delta: { message: { content: { text } } } })),
      { type: 'content-end', index: 0 },
      { type: 'message-end', delta: { finish_reason: 'COMPLETE', usage: { billed_units: { input_tokens: 5, output_tokens: 7 } } } },
    ].map(event),
  errorBody: (message) => JSON.stringify({ id: 'r-1', message }),
  errorFrame: (message) => event({ type: 'message-end', ...{ delta: { finish_reason: 'ERROR', error: message } } }),
})
