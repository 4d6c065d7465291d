import { watch } from 'chokidar';
import { basename } from 'node:path';
import type { AssistantObject, Trunkline } from '@trunkline/core';
import { describe } from './failure.ts';
import type { Project } from './project.ts';

/** How long nothing must change before it is loaded again, in milliseconds: editors write in steps. */
const QUIET_MS = 100;

/** What comes of a change. */
export interface ReloadEvents {
  onReloaded: () => void;
  /** It cannot be loaded, and what was there before goes on answering; or changes are not noticed. */
  onFailed: (sentence: string) => void;
}

/** Loads assistant and responses again when a file of theirs changes. Resolves to what ends it. */
export async function reloadOnChange(
  line: Trunkline,
  project: Project,
  { onReloaded, onFailed }: ReloadEvents,
): Promise<() => Promise<void>> {
  const roots = project.watched();
  const watcher = watch(roots, {
    ignoreInitial: true,
    ignored(path, stats) {
      if (roots.includes(path)) return false;
      return isElsewhere(path) || (stats?.isFile() === true && !project.includes(path));
    },
  });
  let timer: NodeJS.Timeout | undefined;
  let isLoading: Promise<void> = Promise.resolve();
  const load = async (): Promise<void> => {
    try {
      const { assistant, responses } = await project.load();
      const { assistant: before } = line;
      line.assistant = assistant;
      line.responses = responses;
      onReloaded();
      // Not waited for: turns that run have it still.
      if (line.assistant !== before) void letGo(before);
    } catch (error) {
      onFailed(`the change cannot be loaded, what was there before goes on: ${describe(error)}`);
    }
  };
  const letGo = async (before: AssistantObject): Promise<void> => {
    try {
      await before.close?.();
    } catch (error) {
      onFailed(`the assistant of before could not be closed: ${describe(error)}`);
    }
  };
  watcher.on('all', (event, path) => {
    // What comes with a new folder may be there before the folder is looked at.
    if (event !== 'addDir' && !project.includes(path)) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      isLoading = isLoading.then(load);
    }, QUIET_MS);
  });
  await new Promise<void>((settle) => {
    watcher.once('ready', settle);
    // The system allows only so many files to be watched. It is no reason to stop.
    watcher.on('error', (error) => {
      onFailed(`changes are not noticed: ${describe(error)}`);
      settle();
    });
  });
  return async () => {
    clearTimeout(timer);
    await watcher.close();
  };
}

/** Packages, and what begins with a dot, are nobody's to change while the server runs. */
function isElsewhere(path: string): boolean {
  return basename(path) === 'node_modules' || /^\.[^.]/.test(basename(path));
}
