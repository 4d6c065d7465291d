import { watch } from 'chokidar';
import { basename } from 'node:path';
import {
  systemClock,
  within,
  type AssistantObject,
  type Clock,
  type Trunkline,
} from '@trunkline/core';
import { describe } from './failure.ts';
import type { Part, Project } from './project.ts';

/** How long nothing must change before it is loaded again, in milliseconds: editors write in steps. */
const QUIET_MS = 100;

/**
 * How long turns may still have an assistant that was replaced, in milliseconds: their deadline and
 * the grace after it, which are a line's defaults, and as much again for what the store delays.
 */
const LET_GO_MS = 2 * 65_000;

/** How long closing one may take, in milliseconds. */
const CLOSE_MS = 5000;

/** What comes of a change. */
export interface ReloadEvents {
  /** It is loaded. With options, the line goes on with those that it was made with. */
  onReloaded: (hasOptions: boolean) => void;
  /** It cannot be loaded, and what was there before goes on answering; or changes are not noticed. */
  onFailed: (sentence: string) => void;
}

/** Loads assistant and responses again when a file of theirs changes. */
export interface Reloading {
  /** Into the line that the project was loaded for: begins with what has changed since it is watched. */
  into: (line: Trunkline) => void;
  /** Ends it, once no turn runs. */
  stop: () => Promise<void>;
}

/** Watches a project from before it is loaded, so that whatever is saved after that is noticed. */
export async function watchProject(
  project: Project,
  { onReloaded, onFailed }: ReloadEvents,
  clock: Clock = systemClock,
): Promise<Reloading> {
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
  /** What has changed since it was loaded. */
  const changed = new Set<Part>();
  /** Assistants that turns may still have, and what calls their closing off. */
  const replaced = new Map<AssistantObject, () => void>();
  /** What has changed before there was a line: only what is loaded tells whose it is. */
  const early: [path: string, isFolder: boolean][] = [];
  const load = async (line: Trunkline): Promise<void> => {
    const parts = [...changed];
    changed.clear();
    try {
      const { assistant: before } = line;
      const responses = parts.includes('responses')
        ? await project.loadResponses()
        : line.responses;
      const loaded = parts.includes('assistant') ? await project.loadAssistant() : null;
      if (loaded !== null) line.assistant = loaded.assistant;
      line.responses = responses;
      onReloaded((loaded?.options ?? null) !== null);
      if (line.assistant === before) return;
      // What is loaded once may come back, and is in use again.
      replaced.get(line.assistant)?.();
      replaced.delete(line.assistant);
      replaced.set(
        before,
        clock.after(LET_GO_MS, () => void letGo(before)),
      );
    } catch (error) {
      // Also what was fine: one may need the other.
      for (const part of parts) changed.add(part);
      onFailed(`the change cannot be loaded, what was there before goes on: ${describe(error)}`);
    }
  };
  const letGo = async (before: AssistantObject): Promise<void> => {
    replaced.delete(before);
    try {
      await within(clock, CLOSE_MS, (async () => before.close?.())());
    } catch (error) {
      onFailed(`the assistant of before could not be closed: ${describe(error)}`);
    }
  };
  let notice = (path: string, isFolder: boolean): void => void early.push([path, isFolder]);
  // What comes with a new folder may be there before the folder is looked at.
  watcher.on('all', (event, path) => notice(path, event === 'addDir'));
  await new Promise<void>((settle) => {
    watcher.once('ready', settle);
    // The system allows only so many files to be watched. It is no reason to stop.
    watcher.on('error', (error) => {
      onFailed(`changes are not noticed: ${describe(error)}`);
      settle();
    });
  });
  return {
    into(line) {
      notice = (path, isFolder) => {
        const part = project.partAt(path, isFolder);
        if (part === null) return;
        changed.add(part);
        clearTimeout(timer);
        timer = setTimeout(() => {
          isLoading = isLoading.then(() => load(line));
        }, QUIET_MS);
      };
      for (const [path, isFolder] of early.splice(0)) notice(path, isFolder);
    },
    async stop() {
      clearTimeout(timer);
      await watcher.close();
      await isLoading;
      const rest = [...replaced];
      for (const [, callOff] of rest) callOff();
      await Promise.all(rest.map(([before]) => letGo(before)));
    },
  };
}

/** Packages, and what begins with a dot, are nobody's to change while the server runs. */
function isElsewhere(path: string): boolean {
  return basename(path) === 'node_modules' || /^\.[^.]/.test(basename(path));
}
