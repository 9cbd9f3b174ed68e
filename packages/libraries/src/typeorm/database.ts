import { Pool } from '@pglease/client'
import { DataSource, EntitySchema } from 'typeorm'

export interface City {
  id: number
  task: number
  name: string
}

export const City = new EntitySchema<City>({
  name: 'city',
  columns: {
    id: { type: 'integer', primary: true },
    task: { type: 'integer' },
    name: { type: 'text' },
  },
})

/** TypeORM hands its own options to the pool that it makes, which would be for connections of its own. */
class LeasePool extends Pool {
  constructor() {
    super({ database: 'default' })
  }
}

export const source = new DataSource({ type: 'postgres', driver: { Pool: LeasePool }, entities: [City] })
