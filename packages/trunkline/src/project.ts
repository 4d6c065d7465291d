import { existsSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Responses, type Modules } from '@trunkline/core';
import {
  findAssistant,
  loadAssistant,
  type AssistantModule,
  type LoadedModule,
} from './assistant-module.ts';
import {
  assertOneCore,
  forgetModules,
  loadAnew,
  loadedFiles,
  userModules,
} from './user-modules.ts';

/** What a project is made of, as the command line names it. */
export interface ProjectOptions {
  assistant?: string;
  responses?: string;
}

/** What talks: an assistant with its options, and its responses. */
export interface Loaded extends LoadedModule {
  responses: Responses | null;
}

/** What changes by itself. */
export type Part = 'assistant' | 'responses';

/** The assistant and the responses of a user's folder, to be loaded as often as they change. */
export class Project {
  readonly modules: Modules = userModules();
  /** The module of the assistant. */
  readonly assistant: AssistantModule;
  /** The domain, a file or a folder; `null` if there is none. */
  readonly responses: string | null;
  /** Whether all that the assistant is made of was loaded. */
  #isComplete = false;
  #wasAsked = false;
  /** The files of the channels, which are loaded once. */
  readonly #ofChannels = new Set<string>();

  /** @throws ConfigurationError - there is no assistant, or a second copy of core. */
  constructor({ assistant, responses }: ProjectOptions) {
    assertOneCore(this.modules, process.cwd());
    this.assistant = findAssistant(assistant, this.modules);
    this.responses = responses ?? USUAL_DOMAINS.find((path) => existsSync(path)) ?? null;
  }

  /** The folder whose modules are the user's: this one, or that of an assistant from elsewhere. */
  get folder(): string {
    const here = process.cwd();
    return this.#entry.startsWith(here + sep) ? here : dirname(this.#entry);
  }

  get #entry(): string {
    const { resolved } = this.assistant;
    return resolved.startsWith('file:') ? fileURLToPath(resolved) : resolve(resolved);
  }

  /** Loads both, as they stand there now. @throws ConfigurationError - one is malformed. */
  async load(): Promise<Loaded> {
    return { responses: await this.loadResponses(), ...(await this.loadAssistant()) };
  }

  /** @throws ConfigurationError - it is malformed. */
  async loadAssistant(): Promise<LoadedModule> {
    this.#isComplete = false;
    forgetModules(this.folder);
    const { modules } = this;
    const again = this.#wasAsked ? { ...modules, load: loadAnew } : modules;
    this.#wasAsked = true;
    const loaded = await loadAssistant(this.assistant, again);
    this.#isComplete = true;
    return loaded;
  }

  /** @throws ConfigurationError - they are malformed. */
  async loadResponses(): Promise<Responses | null> {
    return this.responses === null ? null : await Responses.load(this.responses);
  }

  /** Loads channels, whose files are not the assistant's from then on. */
  async loadChannels<T>(load: () => Promise<T>): Promise<T> {
    const before = new Set(loadedFiles());
    const channels = await load();
    const files = loadedFiles().filter((file) => !before.has(file));
    for (const file of files) this.#ofChannels.add(file);
    return channels;
  }

  /** What to look at for changes. */
  watched(): string[] {
    const { responses } = this;
    return [this.folder, ...(responses === null ? [] : [resolve(responses)])];
  }

  /** Whether a file may be part of it. */
  includes(path: string): boolean {
    return CODE.test(path) || path.endsWith('.json') || this.#isOfResponses(path);
  }

  /**
   * What changes with a file or a folder. What no module has loaded is data that the assistant itself
   * may write; only where a module is broken, or missing, any code may be what mends it.
   */
  partAt(path: string, isFolder = false): Part | null {
    if (this.#isOfResponses(path, isFolder)) return 'responses';
    const mayMend = !this.#isComplete && (isFolder || CODE.test(path));
    const isLoaded = loadedFiles().includes(path) && !this.#ofChannels.has(path);
    return mayMend || path === this.#entry || isLoaded ? 'assistant' : null;
  }

  #isOfResponses(path: string, isFolder = false): boolean {
    if (this.responses === null || !(isFolder || /\.ya?ml$/.test(path))) return false;
    const domain = resolve(this.responses);
    return path === domain || path.startsWith(domain + sep);
  }
}

const CODE = /\.[cm]?[jt]s$/;

const USUAL_DOMAINS = ['domain.yml', 'domain'];
