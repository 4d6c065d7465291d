import { watch } from 'chokidar';
import { basename } from 'node:path';
import type { Trunkline } from '@trunkline/core';
import { describe } from './failure.ts';
import type { Project } from './project.ts';

/** How long nothing must change before it is loaded again, in milliseconds: editors write in steps. */
const QUIET_MS = 100;

/** What comes of a change. */
export interface ReloadEvents {
  onReloaded: () => void;
  /** It cannot be loaded; what was there before goes on answering. */
  onFailed: (reason: string) => void;
}

/** Loads assistant and responses again when a file of theirs changes. Resolves to what ends it. */
export async function reloadOnChange(
  line: Trunkline,
  project: Project,
  { onReloaded, onFailed }: ReloadEvents,
): Promise<() => Promise<void>> {
  const watcher = watch(project.watched(), {
    ignoreInitial: true,
    ignored: (path) => basename(path) === 'node_modules' || /^\.[^.]/.test(basename(path)),
  });
  let timer: NodeJS.Timeout | undefined;
  let isLoading: Promise<void> = Promise.resolve();
  const load = async (): Promise<void> => {
    try {
      const { assistant, responses } = await project.load();
      line.assistant = assistant;
      line.responses = responses;
      onReloaded();
    } catch (error) {
      onFailed(describe(error));
    }
  };
  watcher.on('all', (_event, path) => {
    if (!project.includes(path)) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      isLoading = isLoading.then(load);
    }, QUIET_MS);
  });
  await new Promise<void>((ready) => watcher.once('ready', ready));
  return async () => {
    clearTimeout(timer);
    await watcher.close();
  };
}
