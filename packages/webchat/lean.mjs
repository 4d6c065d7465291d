// What is not used of the libraries, and left out of the bundles. A bundler cannot tell: it keeps whatever
// calls a function when it is loaded. Each cut fails the build where a library is not written as it was.

/** The styles stand in a template, where no minifier looks for them. */
export const tightStyles = {
  name: 'tight-styles',
  transform: {
    filter: { id: /\/view\/styles\.ts$/ },
    handler: (/** @type {string} */ code) =>
      code
        .replaceAll(/\/\*[^]*?\*\//g, '')
        .replaceAll(/\s+/g, ' ')
        .replaceAll(/ ?([{};,]) ?/g, '$1')
        .replaceAll(': ', ':')
        .replaceAll(';}', '}')
        .replaceAll(/\b0\./g, '.')
        .replaceAll(' > ', '>'),
  },
};

/**
 * Marked without its front, which stands in one piece, and without the grammar of the option `pedantic`,
 * which is the first Markdown of 2004.
 */
export const leanMarked = {
  name: 'lean-marked',
  transform: {
    filter: { id: /\/marked\.esm\.js$/ },
    handler: (/** @type {string} */ code) => withoutPedantic(withoutFront(code)),
  },
};

/** Takes away its functions, and the exports that are not imported. @param {string} code */
function withoutFront(code) {
  const used = /^\w+ as (Lexer|Parser|Renderer|getDefaults)$/;
  const front = /var \w+=new \w+;function \w+\(\w,\w\)\{return \w+\.parse\([^]*(?=export\{)/;
  return without(code, front).replace(/(?<=export\{)[^}]*/, (names) =>
    names
      .split(',')
      .filter((name) => used.test(name))
      .join(),
  );
}

/** Takes away the two grammars, what only they are made of, and the questions for the option. @param {string} code */
function withoutPedantic(code) {
  const named = /,pedantic:(\w+)(?=\})/g;
  const grammars = [...code.matchAll(named)].map(
    ([, name]) => `,${name}=\\{[^]*?\\.getRegex\\(\\)\\}`,
  );
  const parts = grammars
    .flatMap((grammar) => [
      ...(new RegExp(grammar).exec(code)?.[0].matchAll(/\bemStrong\w+:(\w+)/g) ?? []),
    ])
    .map(([, name]) => `,${name}=\\w\\([^]*?\\.getRegex\\(\\)`);
  if (grammars.length !== 2 || parts.length !== 3) throw new Error('marked has other grammars');
  const lean = [...grammars, ...parts].reduce(
    (rest, part) => without(rest, new RegExp(part)),
    code,
  );
  return without(
    lean.replaceAll(named, ''),
    /(?<=this\.options\.pedantic\?)\(\w\.block=\w+\.pedantic,\w\.inline=\w+\.pedantic\)/,
    '0',
  ).replaceAll('this.options.pedantic', '!1');
}

/** @param {string} code @param {RegExp} what */
function without(code, what, instead = '') {
  const lean = code.replace(what, instead);
  if (lean === code) throw new Error(`marked is not written as it was: ${what}`);
  return lean;
}
