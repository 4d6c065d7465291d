import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Route } from '../channel/input-channel.ts';
import { ConfigurationError } from '../errors.ts';
import { sendProblem } from './problem.ts';

type Handle = Route['handle'];

/** The methods of one path. */
class Resource {
  readonly #methods = new Map<string, Handle>();

  add(method: string, path: string, handle: Handle): void {
    if (this.#methods.has(method)) {
      throw new ConfigurationError(
        `two routes answer ${method} ${path}: give one of the channels another name or urlPrefix()`,
      );
    }
    this.#methods.set(method, handle);
  }

  handle(req: IncomingMessage, res: ServerResponse): Promise<void> | void {
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

/**
 * Routes by path: one look-up in a map, however many there are. A path answers with and without a
 * slash at its end. Paths that end in `/*` are tried afterwards, the longest first.
 */
export class RouteTable {
  readonly #exact = new Map<string, Resource>();
  readonly #below: { prefix: string; resource: Resource }[] = [];

  /** Adds a route. `mount` is a path without a slash at its end, or nothing. */
  add(mount: string, route: Route): void {
    if (route.path.endsWith('/*')) {
      const prefix = mount + route.path.slice(0, -1);
      let below = this.#below.find((entry) => entry.prefix === prefix);
      if (below === undefined) {
        below = { prefix, resource: new Resource() };
        this.#below.push(below);
        this.#below.sort((a, b) => b.prefix.length - a.prefix.length);
      }
      below.resource.add(route.method, prefix, route.handle.bind(route));
    } else {
      const path = (mount + route.path).replace(/\/+$/, '');
      const resource = this.#exact.get(path || '/') ?? new Resource();
      resource.add(route.method, path || '/', route.handle.bind(route));
      this.#exact.set(path || '/', resource);
      this.#exact.set(`${path}/`, resource);
    }
  }

  /** What answers at a path, or `undefined`. */
  find(path: string): Pick<Resource, 'handle'> | undefined {
    const exact = this.#exact.get(path);
    if (exact !== undefined || this.#below.length === 0) return exact;
    return this.#below.find(({ prefix }) => path.startsWith(prefix))?.resource;
  }
}
