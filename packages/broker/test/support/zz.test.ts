import { MessageChannel } from 'node:worker_threads'
import pg from 'pg'
import { afterEach, onTestFinished, test } from 'vitest'
import { createTestDatabase } from './database.js'
import { failOnLeaks } from './leaks.js'
const database = await createTestDatabase()
failOnLeaks(database)
let c: pg.Client | undefined
afterEach(() => c?.end())
test('leaks port', () => { new MessageChannel().port1.unref() })
test('ok', () => { })
test('leaks conn', async () => { const c = new pg.Client(database.connectionString); c.on('error', () => {}); await c.connect() })
test('ok 2', () => { })
test('ok closed in afterEach', async () => { c = new pg.Client(database.connectionString); await c.connect() })
test('closed in onTestFinished', async () => { const c = new pg.Client(database.connectionString);await c.connect(); c.on('error', () => {}); onTestFinished(() => c.end()) })
