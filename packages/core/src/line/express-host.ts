import { createRequire } from 'node:module';
import type { Blueprint } from '../channel/input-channel.ts';
import { ConfigurationError } from '../errors.ts';

/** A blueprint and where it is mounted. */
export interface MountedBlueprint {
  channel: string;
  mount: string;
  blueprint: Blueprint;
}

/** As much of an Express application as is used here. */
interface ExpressApplication {
  use(path: string, blueprint: Blueprint): void;
  disable(setting: string): void;
  (...args: Parameters<Blueprint>): void;
}

/**
 * An Express application for channels that are written as an Express Router. Express is imported
 * here and nowhere else at the package's root, and only if there is such a channel.
 */
export function hostBlueprints(blueprints: readonly MountedBlueprint[]): Blueprint {
  const app = loadExpress(blueprints[0]?.channel ?? '')();
  app.disable('x-powered-by');
  for (const { mount, blueprint } of blueprints) app.use(mount || '/', blueprint);
  return app;
}

function loadExpress(channel: string): () => ExpressApplication {
  try {
    return createRequire(import.meta.url)('express') as () => ExpressApplication;
  } catch (cause) {
    throw new ConfigurationError(
      'the channel overrides blueprint(), which needs Express: npm install express',
      { channel, cause },
    );
  }
}
