/** What a {@link Crowd} needs of what is in it. */
export interface Member {
  /** Where it stands; -1 where it is in no crowd. For the crowd alone. */
  at: number;
}

/**
 * A set whose members come and go all the time. A `Set` outgrows its table again and again, and each
 * table that it leaves holds on to the next one and to all that was in it, until all memory is looked
 * through: turns that are over would be kept with it.
 */
export class Crowd<T extends Member> {
  readonly #members: T[] = [];

  /** Adds one that is in no crowd. */
  add(member: T): void {
    member.at = this.#members.push(member) - 1;
  }

  /** Takes one out. Returns whether it was there. */
  delete(member: T): boolean {
    const { at } = member;
    if (at === -1) return false;
    const last = this.#members.pop();
    if (last !== undefined && last !== member) {
      this.#members[at] = last;
      last.at = at;
    }
    member.at = -1;
    return true;
  }

  /** Those that are in it at this moment, in no order. */
  members(): readonly T[] {
    return [...this.#members];
  }
}
