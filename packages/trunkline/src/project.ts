import { existsSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Responses, type Assistant, type Modules } from '@trunkline/core';
import { findAssistant, loadAssistant, type AssistantModule } from './assistant-module.ts';
import { assertOneCore, forgetModules, userModules } from './user-modules.ts';

/** What a project is made of, as the command line names it. */
export interface ProjectOptions {
  assistant?: string;
  responses?: string;
}

/** What talks: an assistant, and its responses. */
export interface Loaded {
  assistant: Assistant;
  responses: Responses | null;
}

/** The assistant and the responses of a user's folder, to be loaded as often as they change. */
export class Project {
  readonly modules: Modules = userModules();
  /** The module of the assistant. */
  readonly assistant: AssistantModule;
  /** The domain, a file or a folder; `null` if there is none. */
  readonly responses: string | null;

  /** @throws ConfigurationError - there is no assistant, or a second copy of core. */
  constructor({ assistant, responses }: ProjectOptions) {
    assertOneCore(this.modules, process.cwd());
    this.assistant = findAssistant(assistant, this.modules);
    this.responses = responses ?? USUAL_DOMAINS.find((path) => existsSync(path)) ?? null;
  }

  /** The folder that holds the assistant. */
  get folder(): string {
    const { resolved } = this.assistant;
    return dirname(resolved.startsWith('file:') ? fileURLToPath(resolved) : resolve(resolved));
  }

  /** Whether the assistant can be loaded twice: what only Node itself can run, it keeps. */
  get isReloadable(): boolean {
    return !this.assistant.resolved.endsWith('.mjs');
  }

  /** Loads both, as they stand there now. @throws ConfigurationError - one is malformed. */
  async load(): Promise<Loaded> {
    forgetModules(this.folder);
    const responses = this.responses === null ? null : await Responses.load(this.responses);
    return { assistant: await loadAssistant(this.assistant, this.modules), responses };
  }

  /** What to look at for changes. */
  watched(): string[] {
    const { responses } = this;
    return [this.folder, ...(responses === null ? [] : [resolve(responses)])];
  }

  /** Whether a file is part of it. */
  includes(path: string): boolean {
    if (/\.[cm]?[jt]s$|\.json$/.test(path)) return true;
    if (this.responses === null || !/\.ya?ml$/.test(path)) return false;
    const domain = resolve(this.responses);
    return path === domain || path.startsWith(domain + sep);
  }
}

const USUAL_DOMAINS = ['domain.yml', 'domain'];
