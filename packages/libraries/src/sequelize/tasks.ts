import { DataTypes, type InferAttributes, type InferCreationAttributes, Model, Transaction } from 'sequelize'
import { citiesOf, failureOf, Rollback, rollsBack, type Work } from '../work.js'
import { sequelize } from './database.js'

class City extends Model<InferAttributes<City>, InferCreationAttributes<City>> {
  declare id: number
  declare task: number
  declare name: string
}

City.init(
  {
    id: { type: DataTypes.INTEGER, primaryKey: true },
    task: { type: DataTypes.INTEGER, allowNull: false },
    name: { type: DataTypes.TEXT, allowNull: false },
  },
  { sequelize, tableName: 'city', timestamps: false },
)

export async function migrate(): Promise<void> {
  await sequelize.sync()
}

export async function work(task: number): Promise<Work> {
  const inserted = await City.bulkCreate(citiesOf(task), { returning: true })
  const own = () => City.findAll({ where: { task }, order: ['id'] })
  const names = (await own()).map(({ name }) => name)

  const isolationLevel = Transaction.ISOLATION_LEVELS.SERIALIZABLE
  await sequelize.transaction({ isolationLevel }, async (transaction) => {
    await City.update({ name: 'renamed' }, { where: { id: inserted[0]!.id }, transaction })
  })
  const committed = (await own())[0]!.name

  await rollsBack(
    sequelize.transaction(async (transaction) => {
      await City.destroy({ where: { task }, transaction })
      throw new Rollback()
    }),
  )
  return {
    inserted: inserted.length,
    names,
    committed,
    rolledBack: await City.count({ where: { task } }),
    failure: await failureOf(City.create(citiesOf(task)[0]!)),
  }
}
