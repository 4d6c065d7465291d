import { callGuarded } from '../guard.ts';
import type { JsonValue } from '../message/json.ts';
import type { Signals } from './contract.ts';

/** News within one process: for stores that one process has to itself. */
export class LocalSignals implements Signals {
  /** A list of its own whenever it changes: there may be one for each user that is connected. */
  readonly #listeners = new Map<string, readonly ((news: JsonValue) => void)[]>();

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
    const before = this.#listeners.get(topic) ?? [];
    let isOver = false;
    // A function of its own: the same one may be given twice.
    // It may be stopped by another one, for the same news.
    const own = (news: JsonValue): void => (isOver ? undefined : listener(news));
    this.#listeners.set(topic, before.concat(own));
    return () => {
      isOver = true;
      const left = (this.#listeners.get(topic) ?? []).filter((other) => other !== own);
      if (left.length > 0) this.#listeners.set(topic, left);
      else this.#listeners.delete(topic);
    };
  }
}
