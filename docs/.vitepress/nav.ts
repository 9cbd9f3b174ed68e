/** The order of the pages, by their files. A page that is not here, or is not there, fails the build. */
export interface Section {
  text: string
  pages: Record<string, string>
}

export const SECTIONS: Section[] = [
  {
    text: 'Guides',
    pages: {
      guide: 'Guide',
      libraries: 'ORMs and libraries',
      bundlers: 'TypeScript and bundlers',
      observing: 'Observing',
      operating: 'Operating',
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
      'how-it-works': 'How it works',
      performance: 'Performance',
      architecture: 'Architecture',
      ancestor: 'The ancestor',
    },
  },
]
