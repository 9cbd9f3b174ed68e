/** Where files of the repository that are no pages can be read. */
export const REPOSITORY = 'https://github.com/pglease/pglease/blob/main'

/** The order of the pages, by their files. A page that is not here, or is not there, fails the build. */
export interface Section {
  text: string
  pages: Record<string, string>
}

export const SECTIONS: Section[] = [
  {
    text: 'Start',
    pages: {
      start: 'In the time of a coffee',
      service: 'A whole service',
      moving: 'Moving here',
    },
  },
  {
    text: 'Guides',
    pages: {
      tasks: 'Tasks',
      progress: 'Progress and map',
      aborting: 'Aborting and time limits',
      transactions: 'Transactions and retries',
      leases: 'Leases and plain threads',
      'main-thread': "The main thread's pool",
      databases: 'Several databases',
      libraries: 'ORMs and libraries',
      prepared: 'Prepared statements',
      streams: 'LISTEN, COPY, cursors',
      testing: 'Testing',
      bundlers: 'TypeScript and bundlers',
      'shutting-down': 'Shutting down',
    },
  },
  {
    text: 'In production',
    pages: {
      operating: 'Operating',
      observing: 'Observing',
      prometheus: 'Prometheus',
      troubleshooting: 'Troubleshooting',
      sizing: 'Sizing',
      'many-machines': 'Many machines',
      poolers: 'Poolers and managed Postgres',
      tls: 'TLS',
      docker: 'Docker and Alpine',
      kubernetes: 'Kubernetes',
      serverless: 'Serverless',
    },
  },
  {
    text: 'Reference',
    pages: {
      options: 'Options',
      errors: 'Errors and warnings',
      api: 'API',
    },
  },
  {
    text: 'Background',
    pages: {
      promises: 'What it promises',
      compared: 'Compared',
      'how-it-works': 'How it works',
      performance: 'Performance',
      microseconds: 'Where the microseconds go',
      architecture: 'Architecture',
      ancestor: 'From the Django package',
    },
  },
]
