import { vi, type Mock } from 'vitest';
import type { ViewContext } from '../../src/view/context.ts';
import { ENGLISH } from '../../src/view/labels.ts';

/** What a part of the view gets, with calls that are noted. */
export function viewContext(): ViewContext & { [K in 'choose' | 'retry']: Mock<ViewContext[K]> } {
  return {
    labels: ENGLISH,
    choose: vi.fn<ViewContext['choose']>(),
    retry: vi.fn<ViewContext['retry']>(),
  };
}

/** What is shown, as an element that can be looked into. */
export function shown(node: Node | null): HTMLElement {
  const box = document.createElement('div');
  if (node !== null) box.append(node);
  return box;
}

/** jsdom lays nothing out, and so observes nothing. */
export function withoutLayout(): void {
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe(): void {}
    },
  );
}

/** What every frame of the log carries. */
export const logged = { id: 'm', seq: 1, recipient_id: 'me' };
