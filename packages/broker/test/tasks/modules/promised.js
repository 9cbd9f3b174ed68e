export default new Promise((resolve) => setImmediate(resolve, ({ a, b }) => a + b))
