/** What an element can be made with: attributes, and listeners as `on…`. */
type Props = Record<string, string | boolean | null | ((event: Event) => void)>;

/**
 * Makes an element. Text is only ever text: nothing here reads markup.
 *
 * @param props - `null` and `false` leave an attribute out, `true` sets it
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: (Node | string | null)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (typeof value === 'string') element.setAttribute(name, value);
  }
  // Numbers that an assistant sent for texts become texts here; `append` makes nothing else of them.
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** What a click does, a double click too does once: not everybody knows where one is enough. */
export function once(run: () => void): (event: Event) => void {
  // Only clicks are counted; one that a key has made is the 0th.
  return (event) => {
    if ((event as UIEvent).detail < 2) run();
  };
}

/** What has the focus in the tree of a node. */
export function focused(node: Node): Element | null {
  const root = node.getRootNode();
  return root instanceof ShadowRoot || root instanceof Document ? root.activeElement : null;
}

const SVG = 'http://www.w3.org/2000/svg';

/** A drawing of one path in a square of 24. Decoration: what it means is said beside it. */
export function icon(path: string): SVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const shape = document.createElementNS(SVG, 'path');
  shape.setAttribute('d', path);
  svg.append(shape);
  return svg;
}

/** Paths for {@link icon}. */
export const ICONS = {
  send: 'M12 20V5M5 12l7-7 7 7',
  stop: 'M7 7h10v10H7z',
  previous: 'M15 5l-7 7 7 7',
  next: 'M9 5l7 7-7 7',
  down: 'M12 4v15M5 12l7 7 7-7',
  file: 'M14 3H6v18h12V7zM14 3v4h4',
} as const;
