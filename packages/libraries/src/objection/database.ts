import { Model } from 'objection'
import { knex } from '../knex/database.js'

export class City extends Model {
  static override tableName = 'city'
  declare id: number
  declare task: number
  declare name: string
}

Model.knex(knex)
