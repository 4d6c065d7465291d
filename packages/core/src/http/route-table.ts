import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Route } from '../channel/input-channel.ts';
import { ConfigurationError } from '../errors.ts';
import { sendProblem } from './problem.ts';

type Handle = Route['handle'];
type Prepare = NonNullable<Route['prepare']>;

/** The methods of one path. */
class Resource {
  readonly #methods = new Map<string, Handle>();
  readonly #owners = new Map<string, string | null>();
  readonly #prepares: Prepare[] = [];

  add(path: string, route: Route, owner: string | null): void {
    const { method, prepare } = route;
    if (this.#methods.has(method)) {
      throw new ConfigurationError(
        `two routes answer ${method} ${path}: give one of the channels another name or urlPrefix()`,
      );
    }
    this.#methods.set(method, route.handle.bind(route));
    this.#owners.set(method, owner);
    if (prepare !== undefined && !this.#prepares.includes(prepare)) this.#prepares.push(prepare);
  }

  /** Whose route answers a method, or `null`. */
  ownerOf(method = 'GET'): string | null {
    const owner = this.#owners.get(method);
    return owner ?? (method === 'HEAD' ? this.ownerOf() : null);
  }

  handle(req: IncomingMessage, res: ServerResponse): Promise<void> | void {
    for (const prepare of this.#prepares) prepare(req, res);
    const method = req.method ?? 'GET';
    const handle = this.#methods.get(method) ?? (method === 'HEAD' && this.#methods.get('GET'));
    if (handle) return handle(req, res);
    const allow = this.#allow();
    if (method === 'OPTIONS') {
      res.writeHead(204, { allow }).end();
    } else {
      const detail = `${method} is not answered here: use ${allow}`;
      sendProblem(res, { status: 405, code: 'method_not_allowed', detail }, { allow });
    }
  }

  #allow(): string {
    const methods = new Set(this.#methods.keys());
    if (methods.has('GET')) methods.add('HEAD');
    return [...methods.add('OPTIONS')].join(', ');
  }
}

/** What answers paths with something unknown in them. */
interface Below {
  prefix: string;
  /** With its slash; empty where everything below the prefix is meant. */
  suffix: string;
  resource: Resource;
}

/**
 * Routes by path: one look-up in a map, however many there are. A path answers with and without a
 * slash at its end. Those with a `*` as one of their parts are tried afterwards, the longest first.
 */
export class RouteTable {
  readonly #exact = new Map<string, Resource>();
  readonly #below: Below[] = [];

  /** Adds a route, of a channel's. `mount` is a path without a slash at its end, or nothing. */
  add(mount: string, route: Route, owner: string | null = null): void {
    const path = (mount + route.path).replace(/\/+$/, '');
    const star = path.search(/\/\*(?:\/|$)/);
    if (star !== -1) {
      const below = this.#resourceBelow(path.slice(0, star + 1), path.slice(star + 2));
      below.add(path, route, owner);
      return;
    }
    const resource = this.#exact.get(path || '/') ?? new Resource();
    resource.add(path || '/', route, owner);
    this.#exact.set(path || '/', resource);
    this.#exact.set(`${path}/`, resource);
  }

  /** What answers at a path, or `undefined`. */
  find(path: string): Pick<Resource, 'handle' | 'ownerOf'> | undefined {
    const exact = this.#exact.get(path);
    if (exact !== undefined || this.#below.length === 0) return exact;
    return this.#below.find((below) => isBelow(path, below))?.resource;
  }

  #resourceBelow(prefix: string, suffix: string): Resource {
    const known = this.#below.find((each) => each.prefix === prefix && each.suffix === suffix);
    if (known !== undefined) return known.resource;
    const below = { prefix, suffix, resource: new Resource() };
    const lengthOf = (each: Below): number => each.prefix.length + each.suffix.length;
    this.#below.push(below);
    this.#below.sort((a, b) => lengthOf(b) - lengthOf(a));
    return below.resource;
  }
}

function isBelow(path: string, { prefix, suffix }: Below): boolean {
  if (!path.startsWith(prefix)) return false;
  if (suffix === '') return true;
  const end = path.endsWith('/') ? path.slice(0, -1) : path;
  return end.endsWith(suffix) && end.length > prefix.length + suffix.length;
}
