/** A function that is ready only some time after the module is. */
async function initialize() {
  await new Promise(setImmediate)
  return ({ a, b }) => a + b
}

module.exports = initialize()
