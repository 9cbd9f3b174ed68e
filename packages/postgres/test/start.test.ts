import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { type EmbeddedPostgres, startPostgres } from '@pglease/postgres'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'

// The servers of this file are made from nothing. Other files of tests share a template.
vi.stubEnv('PGLEASE_POSTGRES_TEMPLATE', undefined)
afterAll(() => vi.unstubAllEnvs())

async function ask(config: pg.ClientConfig, sql: string): Promise<unknown> {
  const client = new pg.Client(config)
  try {
    await client.connect()
    const { rows } = await client.query({ text: sql, rowMode: 'array' })
    return rows[0]?.[0]
  } finally {
    await client.end()
  }
}

describe('a running server', () => {
  let server: EmbeddedPostgres

  beforeAll(async () => {
    server = await startPostgres({
      ssl: true,
      settings: { max_connections: 17, 'pglease.quoted': `a 'b' \\c` },
    })
  })
  afterAll(() => server.stop())

  test('tells its version', async () => {
    expect(server.version).toBe(await ask(server, 'SHOW server_version'))
  })

  test('answers at its connection string over TCP', async () => {
    const { connectionString } = server
    expect(await ask({ connectionString }, 'SELECT inet_server_port()')).toBe(server.port)
  })

  test.skipIf(process.platform === 'win32')(
    'answers at its connection string over the Unix socket',
    async () => {
      const connectionString = server.socketConnectionString!
      expect(await ask({ connectionString }, 'SELECT inet_server_port()')).toBeNull()
    },
  )

  test('asks for its password, by SCRAM', async () => {
    expect(await ask(server, 'SHOW password_encryption')).toBe('scram-sha-256')
    const wrong = { ...server, host: server.host, password: `${server.password}!` }
    await expect(ask(wrong, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' })
  })

  test('proves itself with its certificate over TLS', async () => {
    const secure = { connectionString: server.connectionString, ssl: { ca: server.certificate!.cert } }
    const sql = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'
    expect(await ask(secure, sql)).toBe(true)
  })

  test('has the settings it was started with', async () => {
    expect(await ask(server, 'SHOW max_connections')).toBe('17')
    expect(await ask(server, 'SHOW pglease.quoted')).toBe(`a 'b' \\c`)
  })

  test('makes databases, of whatever name', async () => {
    const connectionString = await server.createDatabase('one "more"')
    expect(await ask({ connectionString }, 'SELECT current_database()')).toBe('one "more"')
  })

  test('refuses to make a database twice', async () => {
    await server.createDatabase('twice')
    await expect(server.createDatabase('twice')).rejects.toMatchObject({ code: '42P04' })
  })

  test('keeps its port and its data over a restart', async () => {
    await ask(server, 'CREATE TABLE kept AS SELECT 42 AS answer')
    const { processId } = server
    await server.restart()
    expect(await ask(server, 'SELECT answer FROM kept')).toBe(42)
    expect(server.processId).not.toBe(processId)
  })

  test('comes up again after it was shut down at once, with what was written down', async () => {
    await ask(server, 'CREATE TABLE written AS SELECT 43 AS answer')
    await ask(server, 'CHECKPOINT')
    await server.restart('immediate')
    expect(await ask(server, 'SELECT answer FROM written')).toBe(43)
  })

  test('lets nobody in while it is shut down', async () => {
    await server.shutDown('fast')
    await expect(ask(server, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await server.launch()
    expect(await ask(server, 'SELECT 1 AS answer')).toBe(1)
  })
})

describe('a server that is made from a template', () => {
  test('begins with its data and settings, which stay as they are, and has its password', async () => {
    const template = await startPostgres({ settings: { work_mem: '7MB' } })
    onTestFinished(() => template.stop())
    await ask(template, 'CREATE TABLE kept AS SELECT 42 AS answer')
    await template.shutDown()
    const server = await startPostgres({ template, settings: { max_connections: 17 } })
    onTestFinished(() => server.stop())
    expect(server).toMatchObject({ password: template.password })
    expect(server.port).not.toBe(template.port)
    expect(await ask(server, 'SHOW work_mem')).toBe('7MB')
    expect(await ask(server, 'SHOW max_connections')).toBe('17')
    expect(await ask(server, 'DELETE FROM kept RETURNING answer')).toBe(42)
    await template.launch()
    expect(await ask(template, 'SELECT answer FROM kept')).toBe(42)
    expect(await ask(template, 'SHOW max_connections')).toBe('100')
  })
})

describe('stopping', () => {
  test('waits for the end of the server and removes its folder', async () => {
    const server = await startPostgres()
    expect(process.kill(server.processId, 0)).toBe(true)
    await server.stop()
    expect(() => process.kill(server.processId, 0)).toThrow('ESRCH')
    expect(existsSync(server.socketDirectory ?? '')).toBe(false)
  })

  test('may be done twice', async () => {
    const server = await startPostgres()
    await Promise.all([server.stop(), server.stop()])
    await server.stop()
    await expect(server.restart()).rejects.toThrow('was stopped')
  })

  test('removes what a killed server left', async () => {
    const server = await startPostgres()
    process.kill(server.processId, 'SIGKILL')
    await server.stop()
    expect(existsSync(server.socketDirectory ?? '')).toBe(false)
  })
})

describe('a failed start', () => {
  const taken = createServer()
  afterEach(() => taken.close())

  test('names the port that is taken', async () => {
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as { port: number }
    await expect(startPostgres({ port })).rejects.toThrow(`Port ${port} on 127.0.0.1 is taken`)
  })

  test('shows the last lines of the log', async () => {
    const settings = { shared_buffers: 'plenty' }
    await expect(startPostgres({ settings })).rejects.toThrow('invalid value for parameter "shared_buffers"')
  })
})
