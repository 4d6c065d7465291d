/** What a page of the documentation has its readers write down and type in. */
export interface PagePart {
  /** The files that it names, led in by `name.ts` and a colon. */
  files: Record<string, string>;
  /** All blocks of a language. */
  block: (language: string) => string[];
}

/** The blocks of a page, or of a part of one. */
export function readPart(markdown: string): PagePart {
  const blocks = [...markdown.matchAll(/(.*)\n\n```(\w+)\n([\s\S]*?)```/g)].map(
    ([, lead = '', language, text = '']) => ({ lead, language, text }),
  );
  const files = blocks.flatMap(({ lead, text }) => {
    const name = /`([\w./-]+\.(?:ts|yml))`[^`]*:$/.exec(lead)?.[1];
    return name === undefined ? [] : [[name, text]];
  });
  return {
    files: Object.fromEntries(files) as Record<string, string>,
    block: (wanted) => blocks.filter(({ language }) => language === wanted).map(({ text }) => text),
  };
}
