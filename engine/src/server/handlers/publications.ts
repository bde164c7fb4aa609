import type { publicationRoutes } from '../../api/publications.ts'
import type { GuardAction, GuardPolicy, GuardTopic } from '../../domain/answering.ts'
import type { Caller } from '../../domain/caller.ts'
import { AppError } from '../../domain/errors.ts'
import type { Publication } from '../../domain/publication.ts'
import { databaseFor } from '../access.ts'
import type { Client } from '../client.ts'
import type { Handlers, Workshop } from '../handler.ts'
import { presentPublication } from '../present-chat.ts'

export function publicationHandlers({ world }: Workshop): Handlers<keyof typeof publicationRoutes> {
  const { publications } = world
  const shown = (publication: Publication, client: Client) => presentPublication(publication, client.publicUrl, world.now())

  async function idsOf(caller: Caller, wanted: readonly string[]): Promise<readonly string[]> {
    const found = await Promise.all(wanted.map((one) => databaseFor(world, caller, one, 'manage')))
    return [...new Set(found.map(({ database }) => database.id))]
  }

  async function checkPlan(caller: Caller, planId: string | null | undefined): Promise<void> {
    if (planId === undefined) return
    if (caller.role !== 'owner') throw new AppError('auth/forbidden', { role: 'owner', for: 'plan_id' })
    if (planId !== null) await world.ledger.plan(planId)
  }

  function momentOf(text: string): number {
    const moment = Date.parse(text)
    if (moment <= world.now()) throw new AppError('request/invalid', { in: 'body', problems: ['expires_at: has passed'] })
    return moment
  }

  return {
    async createPublication({ caller, body, client, note }) {
      await checkPlan(caller, body.plan_id)
      const databaseIds = await idsOf(caller, body.databases)
      note({ databases: databaseIds.length, sources: body.sources })
      const made = await publications.createPublication({
        id: world.newId('pub'),
        accountId: caller.accountId,
        title: body.title,
        greeting: body.greeting,
        databaseIds,
        origins: [...new Set(body.origins)],
        sources: body.sources,
        guard: guardOf(body.guard),
        voice: body.voice,
        strictness: body.strictness,
        planId: body.plan_id,
        keepDays: body.keep_days,
        expiresAt: body.expires_at === undefined ? undefined : momentOf(body.expires_at),
      })
      return shown(made, client)
    },

    listPublications: async ({ caller, client }) => ({
      publications: (await publications.publications(caller.accountId)).map((publication) => shown(publication, client)),
    }),

    getPublication: async ({ caller, parameters, client }) => shown(await publications.publication(caller.accountId, parameters.publication), client),

    async updatePublication({ caller, parameters, body, client, note }) {
      const { title, greeting, databases, origins, sources, guard, voice, strictness, keep_days, expires_at, plan_id } = body
      await publications.publication(caller.accountId, parameters.publication)
      await checkPlan(caller, plan_id)
      note({ changed: Object.keys(body).join(' ') })
      return shown(
        await publications.updatePublication(caller.accountId, parameters.publication, {
          ...(title === undefined ? {} : { title }),
          ...(greeting === undefined ? {} : { greeting }),
          ...(databases === undefined ? {} : { databaseIds: await idsOf(caller, databases) }),
          ...(origins === undefined ? {} : { origins: [...new Set(origins)] }),
          ...(sources === undefined ? {} : { sources }),
          ...(guard === undefined ? {} : { guard: guardOf(guard) }),
          ...(voice === undefined ? {} : { voice }),
          ...(strictness === undefined ? {} : { strictness }),
          ...(keep_days === undefined ? {} : { keepDays: keep_days }),
          ...(expires_at === undefined ? {} : { expiresAt: expires_at === null ? null : momentOf(expires_at) }),
          ...(plan_id === undefined ? {} : { planId: plan_id }),
        }),
        client,
      )
    },

    revokePublication: async ({ caller, parameters, client }) => shown(await publications.revokePublication(caller.accountId, parameters.publication), client),
  }
}

/** Topics that are not named are off. */
function guardOf(named: { readonly [Topic in GuardTopic]?: GuardAction | undefined }): GuardPolicy {
  const { medical = 'off', financial = 'off', legal = 'off', harmful = 'off' } = named
  return { medical, financial, legal, harmful }
}
