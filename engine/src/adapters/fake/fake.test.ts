import { chatContract } from '../../ports/chat.contract.ts'
import { embedderContract } from '../../ports/embedder.contract.ts'
import { fakeChat } from './chat.ts'
import { fakeEmbedder } from './embedder.ts'

embedderContract('fake', async () => fakeEmbedder(32))
chatContract('fake', async () => fakeChat({ reply: 'Something is said here.' }))
