import type { IncomingMessage } from 'node:http';

const NO_QUERY = new URLSearchParams();

/**
 * The path of a request, without its query, as the client wrote it.
 *
 * @see RFC 9112, section 3.2.2: the form with scheme and host has to be taken as well
 */
export function pathOf(req: IncomingMessage): string {
  const url = req.url ?? '/';
  const query = url.indexOf('?');
  const path = query === -1 ? url : url.slice(0, query);
  return path.startsWith('/') ? path : path.replace(/^https?:\/\/[^/]*/i, '') || '/';
}

/** The query of a request; empty where there is none. Not to be changed. */
export function queryOf(req: IncomingMessage): URLSearchParams {
  const url = req.url ?? '/';
  const query = url.indexOf('?');
  return query === -1 ? NO_QUERY : new URLSearchParams(url.slice(query + 1));
}

/**
 * Where a channel is mounted: Python's `urljoin(route, prefix)`, as Rasa has it. A prefix that
 * begins with `/` replaces the route; no route, no prefix. The result has no slash at its end.
 */
export function mountPath(route: string | null, urlPrefix: string): string {
  if (!route) return '';
  const base = route.slice(0, route.lastIndexOf('/') + 1);
  const joined = urlPrefix.startsWith('/') ? urlPrefix : base + urlPrefix;
  const path = joined.startsWith('/') ? joined : `/${joined}`;
  return path.replace(/\/+$/, '');
}
