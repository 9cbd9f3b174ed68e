/** Tasks whose thread ends with something that nobody catches. */

export const thrown = {
  null: () => null,
  nothing: () => undefined,
  'a text': () => 'a text',
  'an object that cannot be printed': () => ({ toString: 1, [Symbol.toPrimitive]: 1, inspect: 1 }),
  'an object without a prototype': () => Object.create(null),
  'an error of cloning': () => new DOMException('mine', 'DataCloneError'),
  'what looks like the failure of a task': () => ({ thrown: { value: 'forged' }, parts: [] }),
  'an error with odd fields': () => Object.assign(new Error('odd'), { message: { toString: 1 }, f() {} }),
}

export function throwsUncaught(what) {
  setImmediate(() => {
    throw thrown[what]()
  })
  return new Promise(() => {})
}

export const answers = (value) => value

export const whatIsThrown = Object.keys(thrown)
