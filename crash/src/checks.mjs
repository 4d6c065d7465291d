// What must hold when a run is over, from what the platform has seen. See docs/delivery.md.
import { isProactive, textsOf } from './script.mjs';

/** @typedef {import('./record.d.ts').RunRecord} RunRecord */
/** @typedef {import('./record.d.ts').PlatformEvent} PlatformEvent */
/** @typedef {Extract<PlatformEvent, { kind: 'start' }>} Start */
/** @typedef {Extract<PlatformEvent, { kind: 'request' }>} Request */
/** @typedef {import('./record.d.ts').Findings} Findings */

/** Looks a whole run over. @param {RunRecord} record @returns {Findings} */
export function check(record) {
  const { messages, kills, events } = record;
  const proactive = messages.filter(({ id }) => isProactive(id)).length;
  /** @type {Findings} */
  const findings = {
    failures: [],
    messages: messages.length - proactive,
    proactive,
    kills: kills.length,
    reruns: 0,
    repeated: 0,
    missing: 0,
    broken: events.filter(({ kind }) => kind === 'broken').length,
    worstRecoveryMs: 0,
    worstRecovery: '',
    worstUndisturbedMs: 0,
  };
  for (const conversation of new Set(messages.map((message) => message.conversation))) {
    new ConversationCheck(record, conversation, findings).run();
  }
  return findings;
}

/** One conversation of a run. */
class ConversationCheck {
  #record;
  #findings;
  #conversation;
  #killedAt;
  /** What was said, and what nobody has asked for, in the order in which it was acknowledged. */
  #ids;
  /** What was said. */
  #asked;
  /** @type {Start[]} */
  #starts = [];
  /** Starts and ends. @type {(Start | Extract<PlatformEvent, { kind: 'end' }>)[]} */
  #runs = [];
  /** @type {Request[]} */
  #requests = [];
  /** What is excused by what: a kill excuses one step of a conversation. @type {Set<string>} */
  #excuses = new Set();

  /** @param {RunRecord} record @param {string} conversation @param {Findings} findings */
  constructor(record, conversation, findings) {
    this.#record = record;
    this.#conversation = conversation;
    this.#findings = findings;
    // A worker that was killed twice was killed when it was killed first.
    const latestFirst = record.kills.toSorted((a, b) => b.at - a.at);
    this.#killedAt = new Map(latestFirst.map(({ worker, at }) => [worker, at]));
    const ours = record.messages.filter((message) => message.conversation === conversation);
    this.#ids = ours.map(({ id }) => id);
    this.#asked = this.#ids.filter((id) => !isProactive(id));
    for (const event of record.events) {
      if (event.kind === 'broken' || event.conversation !== conversation) continue;
      if (event.kind === 'request') this.#requests.push(event);
      else this.#runs.push(event);
      if (event.kind === 'start') this.#starts.push(event);
    }
  }

  run() {
    this.#checkTurns();
    this.#checkOverlap();
    this.#checkReruns();
    this.#checkState();
    this.#checkResponses();
    this.#measureRecovery();
  }

  /** Every message has its turn, in the order in which they were acknowledged. */
  #checkTurns() {
    const started = [...new Set(this.#starts.map(({ id }) => id))];
    const lost = this.#asked.filter((id) => !started.includes(id));
    for (const id of lost) this.#fail(`${id} was acknowledged and had no turn`);
    const expected = this.#asked.filter((id) => started.includes(id));
    const wrong = expected.findIndex((id, i) => started[i] !== id);
    if (wrong !== -1) {
      this.#fail(`out of order: turn ${wrong} should be ${expected[wrong]}, is ${started[wrong]}`);
    }
    for (const id of started) {
      if (!this.#asked.includes(id)) this.#fail(`${id} had a turn and was never acknowledged`);
    }
  }

  /** No two runs at the same time. One that was killed ended then. */
  #checkOverlap() {
    /** @type {Start | null} */
    let open = null;
    for (const event of this.#runs) {
      if (event.kind === 'end') {
        if (open?.id === event.id && open.worker === event.worker) open = null;
      } else {
        if (open !== null && !this.#wasKilledBefore(open.worker, event.at)) {
          this.#fail(`${event.id} (${event.worker}) began while ${open.id} (${open.worker}) ran`);
        }
        open = event;
      }
    }
  }

  /** Only a kill makes an assistant run again. */
  #checkReruns() {
    for (const [i, start] of this.#starts.entries()) {
      const before = this.#starts.slice(0, i).findLast(({ id }) => id === start.id);
      if (before === undefined) continue;
      this.#findings.reruns++;
      if (!this.#wasKilledBefore(before.worker, start.at)) {
        this.#fail(`${start.id} was run again, and ${before.worker}, which ran it, was not killed`);
      }
    }
  }

  /** The state of each turn was committed once. */
  #checkState() {
    for (const { id, count } of this.#starts) {
      const expected = this.#asked.indexOf(id);
      if (count !== expected) this.#fail(`the counter before ${id} was ${count}, not ${expected}`);
    }
  }

  /** Every response once and in order, but for what may be missing or repeated. */
  #checkResponses() {
    const taken = this.#requests.filter(({ isTaken }) => isTaken);
    /** @type {Map<string, Request>} */
    const lastOf = new Map();
    for (const request of taken) {
      const before = lastOf.get(request.text);
      if (before !== undefined) this.#checkRepeated(before, request);
      lastOf.set(request.text, request);
    }
    const expected = this.#ids.flatMap((id) => textsOf(id));
    for (const text of expected) if (!lastOf.has(text)) this.#checkMissing(text);
    const said = [...lastOf.keys()];
    const due = expected.filter((text) => lastOf.has(text));
    const wrong = due.findIndex((text, i) => said[i] !== text);
    if (wrong !== -1) this.#fail(`said out of order: ${said[wrong]} where ${due[wrong]} was due`);
    if (said.length > due.length) this.#fail('something was said that nobody had to say');
  }

  /** @param {Request} before @param {Request} again */
  #checkRepeated(before, again) {
    this.#findings.repeated++;
    const { text, key, worker } = before;
    if (again.key !== key) this.#fail(`${text} was repeated with another key`);
    if (this.#record.mode !== 'resend') return this.#fail(`${text} was said twice`);
    const broken = this.#record.events.findLast(
      (event) => event.kind === 'broken' && event.key === key && event.at < again.at,
    );
    if (broken !== undefined && this.#excuse(`broken ${key} ${broken.at}`)) return;
    const isKilled = this.#wasKilledBefore(worker, again.at) && !this.#wasOver(before);
    if (isKilled && this.#excuse(`kill ${worker}`)) return;
    this.#fail(`${text} was repeated, and no kill excuses it`);
  }

  /**
   * Whether something has begun after a response: then its receipt was stored. That the assistant has
   * returned says nothing, since the end of the turn is stored after it.
   * @param {Request} request
   */
  #wasOver({ at, worker, text }) {
    const isLater = (/** @type {PlatformEvent} */ event) =>
      event.at > at && event.worker === worker;
    const next = (/** @type {Request} */ event) => isLater(event) && event.text !== text;
    return this.#starts.some(isLater) || this.#requests.some(next);
  }

  /** @param {string} text */
  #checkMissing(text) {
    this.#findings.missing++;
    if (this.#record.mode !== 'assume-sent') return this.#fail(`${text} was never said`);
    const keys = this.#requests.filter((request) => request.text === text).map(({ key }) => key);
    const { events, kills } = this.#record;
    const isBroken = events.some((event) => event.kind === 'broken' && keys.includes(event.key));
    if (isBroken) return;
    const id = text.slice(0, text.lastIndexOf(':'));
    const place = this.#ids.indexOf(id);
    const from = isProactive(id)
      ? this.#lastSignOf(this.#ids.slice(0, place))
      : (this.#startOf(id) ?? Infinity);
    const next = this.#ids.slice(place + 1).find((later) => !isProactive(later));
    const to = (next === undefined ? null : this.#startOf(next)) ?? Infinity;
    const isExcused = kills.some(
      ({ at, worker }) => at > from && at < to && this.#excuse(`kill ${worker}`),
    );
    if (!isExcused) this.#fail(`${text} is missing, and no kill excuses it`);
  }

  /** @param {string} id */
  #startOf(id) {
    return this.#starts.find((start) => start.id === id)?.at ?? null;
  }

  /** When something was last seen of messages: what comes after them had not begun. @param {string[]} ids */
  #lastSignOf(ids) {
    const texts = ids.flatMap((id) => textsOf(id));
    const runs = this.#runs.filter(({ id }) => ids.includes(id));
    const requests = this.#requests.filter(({ text }) => texts.includes(text));
    return Math.max(0, ...[...runs, ...requests].map(({ at }) => at));
  }

  /** How long the conversation stood still after each kill that hit it. */
  #measureRecovery() {
    const { kills, outages } = this.#record;
    const all = [...this.#runs, ...this.#requests].toSorted((a, b) => a.at - b.at);
    for (const { worker, at } of kills) {
      if (!this.#isHit(worker, at)) continue;
      const next = all.find((event) => event.at > at && event.worker !== worker);
      if (next === undefined) continue;
      const tookMs = next.at - at;
      const killed = kills.filter((kill) => kill.at > at && kill.at < next.at);
      const away = outages.filter(({ from, to }) => to > at && from < next.at);
      const findings = this.#findings;
      if (tookMs > findings.worstRecoveryMs) {
        const meanwhile = `${killed.length} more kills, Redis away ${away.length} times`;
        findings.worstRecovery = `${this.#conversation} after the kill of ${worker}; meanwhile ${meanwhile}`;
        findings.worstRecoveryMs = tookMs;
      }
      if (killed.length > 0 || away.length > 0) continue;
      findings.worstUndisturbedMs = Math.max(findings.worstUndisturbedMs, tookMs);
    }
  }

  /** Whether a kill has hit a turn of this conversation, or a message that was next. @param {string} worker @param {number} at */
  #isHit(worker, at) {
    // What it has sent may be read after its death.
    const last = this.#runs.findLast((event) => event.at <= at || event.worker === worker);
    if (last?.kind === 'start') return last.worker === worker;
    const message = this.#record.messages.find(
      ({ id, conversation }) => conversation === this.#conversation && !this.#hasBegun(id, at),
    );
    if (message === undefined || message.at > at || message.worker !== worker) return false;
    // What an earlier turn still waits for may keep the conversation.
    const before = this.#ids[this.#ids.indexOf(message.id) - 1];
    const due = before === undefined ? [] : textsOf(before);
    return due.every((text) =>
      this.#requests.some((request) => request.text === text && request.isTaken && request.at < at),
    );
  }

  /** @param {string} id @param {number} at */
  #hasBegun(id, at) {
    const texts = isProactive(id) ? textsOf(id) : [];
    const isSaid = this.#requests.some(
      (request) => request.at <= at && texts.includes(request.text),
    );
    return isSaid || this.#starts.some((start) => start.id === id && start.at <= at);
  }

  /** @param {string} worker @param {number} at */
  #wasKilledBefore(worker, at) {
    return (this.#killedAt.get(worker) ?? Infinity) < at;
  }

  /** Uses an excuse up. Returns whether it was left. @param {string} excuse */
  #excuse(excuse) {
    if (this.#excuses.has(excuse)) return false;
    this.#excuses.add(excuse);
    return true;
  }

  /** @param {string} sentence */
  #fail(sentence) {
    this.#findings.failures.push(sentence);
  }
}
