import { chatContract } from '../../ports/chat.contract.ts'
import { embedderContract } from '../../ports/embedder.contract.ts'
import { rerankerContract } from '../../ports/reranker.contract.ts'
import { fakeChat } from './chat.ts'
import { fakeEmbedder } from './embedder.ts'
import { fakeReranker } from './reranker.ts'

embedderContract('fake', async () => fakeEmbedder(32))
chatContract('fake', async () => fakeChat({ reply: 'Something is said here.' }))
rerankerContract('fake', async () => fakeReranker())
