import { deepEqual } from 'node:assert/strict'
import { broker, executor, handler } from './handler.js'

deepEqual(await handler({ countries: ['Norway', 'Portugal'] }), [1222310, 815900])
deepEqual(await handler({ countries: ['Portugal'] }), [815900])
await executor.close()
await broker.close()
