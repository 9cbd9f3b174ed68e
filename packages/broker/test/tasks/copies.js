/** A task that copies rows to the server by a library that writes to the client's stream itself. */
import { pipeline } from 'node:stream/promises'
import { withConnection } from '@pglease/client'
import { from } from 'pg-copy-streams'

export const copies = () =>
  withConnection((client) =>
    pipeline(
      (function* () {
        for (let id = 0; id < 1000; id++) yield `${id}\n`
      })(),
      client.query(from('COPY copied FROM STDIN')),
    ),
  )
