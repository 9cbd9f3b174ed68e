/** How many colours the style sheet has for tours: `--tour-0` and so on. */
export const COLOURS = 9

export interface Spot {
  readonly x: number
  readonly y: number
}

/**
 * A colour for each country, so that near ones differ: each takes the colour whose nearest bearer is farthest
 * away, in the order given.
 */
export function colourApart(spots: readonly Spot[]): number[] {
  const bearers: Spot[][] = Array.from({ length: COLOURS }, () => [])
  return spots.map((spot) => {
    const room = bearers.map((others) =>
      Math.min(...others.map(({ x, y }) => Math.hypot(x - spot.x, y - spot.y))),
    )
    const colour = room.indexOf(Math.max(...room))
    bearers[colour]!.push(spot)
    return colour
  })
}
