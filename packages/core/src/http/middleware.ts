import type { Blueprint, Route } from '../channel/input-channel.ts';
import { pathOf } from './path.ts';
import { sendError } from './problem.ts';
import { RouteTable } from './route-table.ts';

/**
 * Routes as a function for Express, Connect and their like: answers what it knows, leaves the rest
 * to `next`. Errors are answered here, since a problem document says more than Express's page.
 */
export function routesAsMiddleware(routes: readonly Route[]): Blueprint {
  const table = new RouteTable();
  for (const route of routes) table.add('', route);
  return (req, res, next) => {
    const resource = table.find(pathOf(req));
    if (resource === undefined) return next();
    void (async () => resource.handle(req, res))().catch((error: unknown) => {
      if (res.headersSent) res.destroy();
      else sendError(res, error);
    });
  };
}
