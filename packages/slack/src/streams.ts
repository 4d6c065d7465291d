/** How many streams are open in each workspace: they share its rate. */
export class OpenStreams {
  readonly #counts = new Map<string, number>();

  count(team: string): number {
    return this.#counts.get(team) ?? 0;
  }

  open(team: string): void {
    this.#counts.set(team, this.count(team) + 1);
  }

  close(team: string): void {
    const count = this.count(team) - 1;
    if (count > 0) this.#counts.set(team, count);
    else this.#counts.delete(team);
  }
}
