/** Two tasks that run beside each other in one thread, the second of which leases when the first is over. */

/** The cells that they share with their caller: how many have begun, whether it stands still, and whether they are done. */
const [BEGUN, STANDS, DONE] = [0, 1, 2]

/** Stands still: no lease takes so long that its connection must go back. */
performance.now = () => 0

let end
const ended = new Promise((resolve) => {
  end = resolve
})

export async function first({ cells, statements, look }, { db }) {
  for (const statement of statements) await db.query(statement)
  const { rows } = await db.query(look)
  Atomics.add(cells, BEGUN, 1)
  Atomics.wait(cells, STANDS, 0)
  end()
  return rows[0]
}

export async function second({ cells, look }, { db }) {
  Atomics.add(cells, BEGUN, 1)
  await ended
  // In a later turn, when the lease of the first is over.
  await new Promise(setImmediate)
  const { rows } = await db.query(look)
  Atomics.store(cells, DONE, 1)
  Atomics.notify(cells, DONE)
  return rows[0]
}
