export default ({ a, b }) => a + b

export const subtract = async ({ a, b }) => a - b

export const notAFunction = 1
