/** Where a run's server is, and where its cases are noted. */
export interface World {
  readonly connectionString: string
  /** Of the server. */
  readonly certificate: { readonly cert: string; readonly key: string }
  /** A file in which the case under way is written: should the process end, that is the one. */
  readonly trace: string
}

/** Something that is given what it does not expect. */
export interface Target {
  readonly name: string
  /**
   * Runs a batch of cases that only depends on the seed; or those that are kept of the target, without one.
   * @returns how many there were
   * @throws Error that says what is wrong, and with which case
   */
  run(seed: number | undefined): Promise<number>
  close(): Promise<void>
}

/** Targets that run in one process, in turns. */
export interface Group {
  readonly name: string
  readonly about: string
  open(world: World): Promise<Target[]>
}
