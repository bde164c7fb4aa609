import { z } from 'zod'
import { done, email, level } from './account-schemas.ts'
import { route } from './route.ts'
import { time } from './schemas.ts'

const resource = 'Sharing'

export const shareReply = z
  .object({
    grantee: z.string().describe('Id of the account, or "everyone"'),
    email: z.string().nullable(),
    name: z.string().nullable(),
    level,
    created_at: time,
  })
  .meta({ id: 'Share' })

export const sharingRoutes = {
  listShares: route({
    method: 'GET',
    path: '/api/v1/databases/{database}/access',
    resource,
    says: 'Lists with whom a database is shared.',
    allow: 'manage',
    reply: { kind: 'json', status: 200, schema: z.object({ shares: z.array(shareReply) }).meta({ id: 'ShareList' }) },
    errors: ['database/not-found'],
  }),
  share: route({
    method: 'POST',
    path: '/api/v1/databases/{database}/access',
    resource,
    says: 'Shares a database with a person, by e-mail address, or with everyone on this server; again changes how far.',
    details: 'read: query, ask and read. write: upload and delete documents too. manage: settings, versions, sharing and deletion too.',
    allow: 'manage',
    audit: { action: 'share.set', target: { reply: 'grantee' } },
    body: z.strictObject({ with: z.union([z.literal('everyone'), email]), level }),
    reply: { kind: 'json', status: 200, schema: shareReply },
    errors: ['database/not-found', 'account/not-found'],
    example: { with: 'bob@example.com', level: 'read' },
  }),
  unshare: route({
    method: 'DELETE',
    path: '/api/v1/databases/{database}/access/{grantee}',
    resource,
    says: 'Ends the sharing with a person or with everyone, at once.',
    allow: 'manage',
    audit: { action: 'share.end', target: { parameter: 'grantee' } },
    reply: { kind: 'json', status: 200, schema: done },
    errors: ['database/not-found', 'share/not-found'],
  }),
} as const
