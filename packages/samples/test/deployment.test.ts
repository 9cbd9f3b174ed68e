import { execFile } from 'node:child_process'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { validate } from 'dockerfile-utils'
import pg from 'pg'
import { beforeAll, expect, test, vi } from 'vitest'
import { parseDocument } from 'yaml'
import { createTestDatabase } from '../../broker/test/support/database.js'
import { until } from '../../broker/test/support/until.js'
import { CommandProcess } from '../../commands/test/support/command-process.js'

const database = await createTestDatabase()
const PACKAGE = new URL('../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, PACKAGE), 'utf8')
const server = read('src/service/server.ts')

/** Longer than on any machine: only a test that fails takes so long. */
vi.setConfig({ testTimeout: 120_000 })

beforeAll(async () => {
  const client = new pg.Client({ connectionString: database.connectionString })
  await client.connect()
  await client.query(read('schema.sql'))
  await client.end()
})

test('the server of the pages on Docker and Kubernetes serves, is ready, and ends in order', async () => {
  const env = { DATABASE_URL: database.connectionString, PORT: '0', DELAY_MILLIS: '2000' }
  const program = new CommandProcess(new URL('dist/service/server.js', PACKAGE), [], env)
  const port = await until(
    () => /port: (\d+)/.exec(program.stdout)?.[1],
    () => `for it to listen: ${program.stderr}`,
    60_000,
  )
  const ask = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`)
    return { status: response.status, body: await response.json() }
  }
  expect(await ask('/people?country=Norway')).toEqual({ status: 200, body: 1_222_310 })
  expect(await ask('/countries')).toEqual({
    status: 200,
    body: [{ country: 'Norway' }, { country: 'Portugal' }],
  })
  expect((await ask('/people')).status).toBe(404)
  const { readinessProbe, livenessProbe } = podOfKubernetes().containers[0]
  expect((await ask(livenessProbe.httpGet.path)).status).toBe(200)
  expect((await ask(readinessProbe.httpGet.path)).body).toMatchObject({ ok: true })
  process.kill(program.processId, 'SIGTERM')
  await until(async () => (await ask(readinessProbe.httpGet.path)).status === 503, 'for it to say so')
  expect(await program.ended).toMatchObject({ code: 0, stderr: '' })
})

test('the Dockerfile has no fault, keeps what it has installed, and starts the server', () => {
  const text = read('src/service/Dockerfile')
  expect(validate(text)).toEqual([])
  expect(commandOf(/^CMD (.*)$/m.exec(text)![1]!)).toBe('dist/service/server.js')
  const from = [...text.matchAll(/^FROM node:(\d+)-slim/gm)].map(([, major]) => major)
  expect(from).toHaveLength(2)
  expect(new Set(from).size).toBe(1)
  expect(Number(from[0])).toBeGreaterThanOrEqual(20)
  expect(read('src/service/Dockerfile.dockerignore').split('\n')).toContain('node_modules')
})

test('what the broker needs is installed without a script', () => {
  const seen = new Map<string, unknown>()
  collect(new URL('node_modules/@pglease/broker/', PACKAGE), seen)
  expect([...seen.keys()]).toEqual(expect.arrayContaining(['@pglease/client', 'piscina', 'pg', 'comlink']))
  expect([...seen].filter(([, scripts]) => scripts)).toEqual([])
})

test('the compose file gives the server what it reads, and time to end', () => {
  const { services } = yaml('src/service/compose.yaml')
  const { POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB } = services.postgres.environment
  const url = new URL(services.app.environment.DATABASE_URL)
  expect(services).toHaveProperty(url.hostname)
  expect([url.username, url.password, url.pathname]).toEqual([
    POSTGRES_USER,
    POSTGRES_PASSWORD,
    `/${POSTGRES_DB}`,
  ])
  expect(services.app.ports).toEqual([`${defaultOf('PORT')}:${defaultOf('PORT')}`])
  expect(Number(defaultOf('MAX_THREADS'))).toBe(services.app.cpus)
  expect(Number.parseInt(services.app.stop_grace_period, 10) * 1000).toBeGreaterThanOrEqual(endsWithin())
})

test('the pods of Kubernetes start the server, have probes that it answers, and time to end', () => {
  const { spec } = yaml('src/service/kubernetes.yaml')
  expect(spec.template.metadata.labels).toEqual(spec.selector.matchLabels)
  const pod = podOfKubernetes()
  const [app] = pod.containers
  expect(commandOf(app.command)).toBe('dist/service/server.js')
  const [{ containerPort }] = app.ports
  expect(String(containerPort)).toBe(defaultOf('PORT'))
  expect([app.readinessProbe.httpGet.port, app.livenessProbe.httpGet.port]).toEqual([
    containerPort,
    containerPort,
  ])
  expect(pod.terminationGracePeriodSeconds * 1000).toBeGreaterThanOrEqual(endsWithin())
  expect(Number(defaultOf('DELAY_MILLIS'))).toBeGreaterThanOrEqual(2000 * app.readinessProbe.periodSeconds)
  const env = Object.fromEntries(
    app.env.map(({ name, value }: { name: string; value?: string }) => [name, value]),
  )
  for (const name of Object.keys(env)) expect(server).toContain(name)
  expect(env.MAX_THREADS).toBe(app.resources.requests.cpu)
  const { maxSurge } = spec.strategy.rollingUpdate
  const sum = `(${spec.replicas} replicas + ${maxSurge} of maxSurge) × ${env.MAX} = ${(spec.replicas + maxSurge) * env.MAX}`
  expect(read('src/service/kubernetes.yaml')).toContain(sum)
})

test('the command of the page on Docker says whether threads may have the sockets', async () => {
  const page = read('../../docs/docker.md')
  const code = /node -e "\n([\s\S]*?)"\n/.exec(page)![1]!
  const env = { ...process.env, DATABASE_URL: database.connectionString, NODE_OPTIONS: '' }
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', code], {
    env,
    cwd: fileURLToPath(PACKAGE),
  })
  expect(stdout).toMatch(/^(threads may have the sockets|platform|koffi)\n$/)
})

// biome-ignore lint/suspicious/noExplicitAny: what a file in YAML has in it
function yaml(path: string): any {
  const document = parseDocument(read(path))
  expect([document.errors, document.warnings]).toEqual([[], []])
  return document.toJS()
}

function podOfKubernetes() {
  return yaml('src/service/kubernetes.yaml').spec.template.spec
}

/** Of the server, where the environment does not say another. */
function defaultOf(name: string): string {
  return new RegExp(`${name} = '(\\d+)'`).exec(server)![1]!
}

/** How long after a SIGTERM the server has ended at the latest. */
function endsWithin(): number {
  return Number(/timeoutMillis: ([\d_]+),\n {2}beforeClose/.exec(server)![1]!.replace('_', '')) + 5000
}

/** The program that a command starts, as `tsc -b` has made it. */
function commandOf(command: string | string[]): string {
  const [node, file] = typeof command === 'string' ? JSON.parse(command) : command
  expect(node).toBe('node')
  const built = `dist/service/${file}`
  expect(existsSync(new URL(built, PACKAGE)), built).toBe(true)
  return built
}

/** A package and all that it depends on, with the scripts that run when it is installed. */
function collect(folder: URL, seen: Map<string, unknown>): void {
  const here = new URL(`file://${realpathSync(folder)}/`)
  const { name, scripts = {}, ...rest } = JSON.parse(readFileSync(new URL('package.json', here), 'utf8'))
  if (seen.has(name)) return
  const ran = ['preinstall', 'install', 'postinstall'].filter((script) => script in scripts)
  seen.set(name, ran.length > 0 || existsSync(new URL('binding.gyp', here)))
  const needed = Object.keys({ ...rest.dependencies, ...rest.optionalDependencies, ...rest.peerDependencies })
  for (const dependency of needed) {
    const found = installed(dependency, fileURLToPath(here))
    if (found !== undefined) collect(found, seen)
  }
}

/** Where Node.js looks for it. Packages for other platforms are not there. */
function installed(name: string, from: string): URL | undefined {
  for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) {
    const place = new URL(`file://${folder}/node_modules/${name}/`)
    if (existsSync(place)) return place
  }
  return undefined
}
