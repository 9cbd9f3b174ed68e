/** A place on the globe, in degrees: longitude east of Greenwich, latitude north of the equator. */
export interface Place {
  readonly longitude: number
  readonly latitude: number
}

/** Mean radius of the Earth, R1 of the International Union of Geodesy and Geophysics (GRS 80). */
export const EARTH_RADIUS_KM = 6371.0088

const RADIANS = Math.PI / 180

/**
 * Places as unit vectors, so that a great-circle distance costs one square root and one arc sine, and
 * neither the antimeridian nor a pole is a special case.
 */
export class Sphere {
  readonly size: number
  readonly x: Float64Array
  readonly y: Float64Array
  readonly z: Float64Array

  constructor(places: readonly Place[]) {
    this.size = places.length
    this.x = new Float64Array(this.size)
    this.y = new Float64Array(this.size)
    this.z = new Float64Array(this.size)
    places.forEach(({ longitude, latitude }, i) => {
      const around = Math.cos(latitude * RADIANS)
      this.x[i] = around * Math.cos(longitude * RADIANS)
      this.y[i] = around * Math.sin(longitude * RADIANS)
      this.z[i] = Math.sin(latitude * RADIANS)
    })
  }

  /** Square of the straight line through the globe, in Earth radii: orders pairs as `kilometres` does, cheaper. */
  squaredChord(a: number, b: number): number {
    const dx = this.x[a]! - this.x[b]!
    const dy = this.y[a]! - this.y[b]!
    const dz = this.z[a]! - this.z[b]!
    return dx * dx + dy * dy + dz * dz
  }

  /** Great-circle distance: the haversine formula, whose haversine is a quarter of the squared chord. */
  kilometres(a: number, b: number): number {
    return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(this.squaredChord(a, b)) / 2))
  }

  /** Length of the closed tour that visits the places in this order. */
  tourKilometres(order: ArrayLike<number>): number {
    let sum = 0
    for (let i = 0; i < order.length; i++) sum += this.kilometres(order[i]!, order[(i + 1) % order.length]!)
    return sum
  }
}
