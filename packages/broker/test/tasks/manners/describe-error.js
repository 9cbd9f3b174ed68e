/** All that can be told of an error, but where it was made. */
export function describeError(error) {
  if (!(error instanceof Error)) return error
  const { cause, errors, ...fields } = { ...error }
  return {
    class: error.constructor.name,
    name: error.name,
    message: error.message,
    fields,
    cause: describeError(error.cause),
  }
}
