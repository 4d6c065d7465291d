/**
 * Keeps an element no taller than what can be seen: on phones that lay their keyboard over the page, the
 * field that one writes into would be behind it. Returns what ends that.
 */
export function followViewport(element: HTMLElement): () => void {
  const { visualViewport: viewport } = globalThis;
  if (!viewport) return () => {};
  const update = (): void => {
    // Whoever zooms in wants to see less of it, and larger.
    const height = viewport.scale > 1.01 ? '100dvh' : `${Math.round(viewport.height)}px`;
    element.style.setProperty('--_viewport', height);
  };
  update();
  viewport.addEventListener('resize', update);
  return () => viewport.removeEventListener('resize', update);
}
