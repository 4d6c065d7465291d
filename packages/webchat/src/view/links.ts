/** Where a link may lead. */
const LINK_SCHEMES = new Set(['http:', 'https:', 'mailto:', 'tel:']);

/** Where an image may come from. */
const IMAGE_SCHEMES = new Set(['http:', 'https:']);

/** Pictures inside of their own address. As `<img>`, none of them runs anything. */
const IMAGE_DATA = /^data:image\/(?:png|jpeg|gif|webp|avif|svg\+xml)[;,]/i;

/** An address that is safe to open, or `null`: never `javascript:`, `data:`, `blob:`, `file:` … */
export function safeLink(address: unknown): string | null {
  const url = parse(address);
  return url !== null && LINK_SCHEMES.has(url.protocol) ? url.href : null;
}

/** An address that is safe to show as an image, or `null`. */
export function safeImage(address: unknown): string | null {
  const url = parse(address);
  if (url === null) return null;
  return IMAGE_SCHEMES.has(url.protocol) || IMAGE_DATA.test(url.href) ? url.href : null;
}

/** The way a browser reads it, so that nothing is taken for harmless that a browser would not. */
function parse(address: unknown): URL | null {
  if (typeof address !== 'string') return null;
  return URL.canParse(address, document.baseURI) ? new URL(address, document.baseURI) : null;
}
