/** Tasks that tell within what they run. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { aroundTasks } from '@pglease/client'

const store = new AsyncLocalStorage()
const order = []

aroundTasks((run, about) => {
  order.push('outer')
  return store.run(about, run)
})

const end = aroundTasks((run, { carrier }) => {
  order.push('inner')
  if (carrier.refuse !== undefined) throw new Error(carrier.refuse)
  return run()
})

export async function tells(_input, { db }) {
  await db.query('SELECT 1')
  return { about: store.getStore(), order: order.splice(0) }
}

export async function endsInner() {
  end()
  order.length = 0
}
