/** Piscina's, which has them of `Symbol.for`: known without loading it. */
export const queueOptionsSymbol = Symbol.for('Piscina.queueOptions')
export const transferableSymbol = Symbol.for('Piscina.transferable')
export const valueSymbol = Symbol.for('Piscina.valueOf')
