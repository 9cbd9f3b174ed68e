export const double = (number: number) => 2 * number
