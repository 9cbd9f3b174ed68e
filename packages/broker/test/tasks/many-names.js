/** Tasks of many names, which do the same. */
const query = async (_input, { db }) => (await db.query('SELECT 1 AS one')).rows[0]

export {
  query as task0,
  query as task1,
  query as task2,
  query as task3,
  query as task4,
  query as task5,
  query as task6,
  query as task7,
  query as task8,
  query as task9,
  query as task10,
  query as task11,
  query as xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx,
}
