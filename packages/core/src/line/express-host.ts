import { createRequire } from 'node:module';
import type { Blueprint } from '../channel/input-channel.ts';
import { ConfigurationError } from '../errors.ts';

/** A blueprint and where it is mounted. */
export interface MountedBlueprint {
  channel: string;
  mount: string;
  blueprint: Blueprint;
}

/** As much of Express as is used here. */
interface Express {
  (): ExpressRouter & { disable(setting: string): void };
  Router(): ExpressRouter;
}

interface ExpressRouter {
  use(path: string, blueprint: Blueprint): void;
  (...args: Parameters<Blueprint>): void;
}

/**
 * An Express application for channels that are written as an Express Router. Express is imported
 * here and nowhere else at the package's root, and only if there is such a channel.
 */
export function hostBlueprints(blueprints: readonly MountedBlueprint[]): Blueprint {
  const express = loadExpress(blueprints[0]?.channel ?? '');
  const router = express.Router();
  for (const { mount, blueprint } of blueprints) router.use(mount || '/', blueprint);
  const app = express();
  app.disable('x-powered-by');
  app.use('/', router);
  // Inside an application of the user's, that one counts: an application of ours would put its own
  // settings, `req.app` and `app.locals` in the place of theirs, for their handlers after us too.
  return (req, res, next) => ('app' in req ? router : app)(req, res, next);
}

function loadExpress(channel: string): Express {
  try {
    return createRequire(import.meta.url)('express') as Express;
  } catch (cause) {
    throw new ConfigurationError(
      'the channel overrides blueprint(), which needs Express: npm install express',
      { channel, cause },
    );
  }
}
