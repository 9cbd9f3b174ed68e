/** Tasks that send more than they wait for. */
import { withConnection } from '@pglease/client'

/** Fails while so many queries are under way. */
export const fails = (queries) =>
  withConnection(
    async (client) => {
      const sent = [client.query('SELECT pg_sleep(3600)')]
      for (let count = 1; count < queries; count++) sent.push(client.query('SELECT 1'))
      for (const each of sent) each.catch(() => {})
      await new Promise((resolve) => setImmediate(resolve))
      throw new Error('The task has failed')
    },
    { pipeline: true },
  )
