import { leaseSocket } from '@pglease/client'
import pgListen from 'pg-listen'

/** Holds a connection from its `connect` to its `close`: a `LISTEN` belongs to a session. */
export const subscribe = () => pgListen.default({ stream: () => leaseSocket({ database: 'default' }) })
