import type { TaskContext } from '@pglease/client'

// #region report
export async function render({ pages }: { pages: number }, { reportProgress }: TaskContext) {
  for (let page = 1; page <= pages; page++) {
    await draw(page)
    reportProgress({ page, pages })
  }
  return pages
}
// #endregion report

const draw = async (page: number) => {
  if (page > 1000) throw new RangeError(`No page ${page}`)
}

export const letters = ({ name }: { id: number; name: string }) => name.length
