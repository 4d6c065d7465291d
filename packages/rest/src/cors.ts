import { sendProblem, type Route } from '@trunkline/core';
import { METHODS, type IncomingMessage, type ServerResponse } from 'node:http';

/** Which pages may read answers: all, none, or those of these origins. */
type Cors = boolean | readonly string[];

/** Says which pages may read the answer. @see The Fetch standard, "CORS protocol" */
export function allowOrigin(req: IncomingMessage, res: ServerResponse, cors: Cors): void {
  if (cors === false) return;
  const { origin } = req.headers;
  if (cors === true) {
    res.setHeader('access-control-allow-origin', '*');
  } else {
    // What is cached for one page must not be shown to another.
    res.setHeader('vary', 'origin');
    if (origin === undefined || !cors.includes(origin)) return;
    res.setHeader('access-control-allow-origin', origin);
  }
  res.setHeader('access-control-expose-headers', 'x-trunkline-turn, retry-after');
}

/**
 * What a path answers beside its own methods: a page's question whether it may send one of these, and
 * that there are no others, which a page would not be let read if the line said it.
 */
export function routesForPages(path: string, own: readonly string[], cors: Cors): Route[] {
  const allow = [...own, 'OPTIONS'].join(', ');
  const preflight: Route['handle'] = (req, res) => {
    allowOrigin(req, res, cors);
    res.setHeader('access-control-allow-methods', own.join(', '));
    res.setHeader('access-control-allow-headers', 'authorization, content-type');
    res.setHeader('access-control-max-age', '600');
    res.writeHead(204, { allow }).end();
  };
  const refuse: Route['handle'] = (req, res) => {
    allowOrigin(req, res, cors);
    const detail = `${req.method} is not answered here: use ${allow}`;
    sendProblem(res, { status: 405, code: 'method_not_allowed', detail }, { allow });
  };
  return METHODS.filter((method) => !own.includes(method)).map((method) => {
    return { method, path, handle: method === 'OPTIONS' ? preflight : refuse };
  });
}
