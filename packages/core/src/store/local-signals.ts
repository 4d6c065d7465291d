import { callGuarded } from '../guard.ts';
import type { JsonValue } from '../message/json.ts';
import type { Signals } from './contract.ts';

/** News within one process: for stores that one process has to itself. */
export class LocalSignals implements Signals {
  readonly #listeners = new Map<string, Set<(news: JsonValue) => void>>();

  /** {@inheritDoc Signals.send} */
  send(topic: string, news: JsonValue): void {
    // A listener that throws is its own author's concern, and nobody else's loss.
    for (const listener of this.#listeners.get(topic) ?? []) {
      callGuarded(
        () => listener(news),
        () => {},
      );
    }
  }

  /** {@inheritDoc Signals.listen} */
  listen(topic: string, listener: (news: JsonValue) => void): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set();
    // A function of its own: the same one may be given twice.
    const own = (news: JsonValue): void => listener(news);
    this.#listeners.set(topic, listeners.add(own));
    return () => {
      if (listeners.delete(own) && listeners.size === 0) this.#listeners.delete(topic);
    };
  }
}
