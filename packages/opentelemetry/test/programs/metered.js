/** Tasks of no meaning, one of which stands still until it may go on. */
export function waits(memory, { reportProgress }) {
  reportProgress('here')
  Atomics.wait(new Int32Array(memory), 0, 0)
}

export const echoes = (input) => input

export const fails = () => {
  throw new RangeError('Not today')
}
