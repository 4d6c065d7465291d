import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  hasOwnBlueprint,
  type Blueprint,
  type InputChannel,
  type Route,
} from '../channel/input-channel.ts';
import { TurnAbortedError } from '../errors.ts';
import { mountPath, pathOf } from '../http/path.ts';
import { callersProblem, problemOf, sendError, type Problem } from '../http/problem.ts';
import { RouteTable } from '../http/route-table.ts';
import type { Telemetry } from '../telemetry.ts';
import type { Turns } from '../turns/contract.ts';
import { hostBlueprints, type MountedBlueprint } from './express-host.ts';
import { unattachedRoute, Upgrades } from './upgrades.ts';

/** What a line serves, and at which paths. */
export class Mounts {
  /** The connections that channels take over. */
  readonly upgrades: Upgrades;

  readonly #route: string | null;
  readonly #telemetry: Telemetry;
  readonly #table = new RouteTable();
  readonly #blueprints: MountedBlueprint[] = [];

  /** @param route - What the channels are mounted below; `null` for nothing. */
  constructor(route: string | null, telemetry: Telemetry) {
    this.#route = route;
    this.#telemetry = telemetry;
    this.upgrades = new Upgrades(mountPath(route, ''), (error, channel, path) =>
      this.#problemOf(error, channel, path),
    );
  }

  /** Adds routes with whole paths. */
  addRoutes(routes: Iterable<Route>): void {
    for (const route of routes) this.#table.add('', route);
  }

  /** Adds what the channels serve, at their prefixes and at the aliases that are no channel's prefix. */
  addChannels(channels: readonly InputChannel[], turnsOf: (channel: string) => Turns): void {
    const own = new Set(channels.map((channel) => mountPath(this.#route, channel.urlPrefix())));
    for (const channel of channels) {
      const aliases = channel.urlAliases().map((alias) => mountPath(this.#route, alias));
      const mount = mountPath(this.#route, channel.urlPrefix());
      const mounts = [mount, ...aliases.filter((alias) => !own.has(alias))];
      this.#addChannel(channel, turnsOf(channel.name), mount, mounts);
    }
  }

  /** Answers what is ours and hands on what is not. */
  middleware(): Blueprint {
    const elsewhere = this.#blueprints.length === 0 ? null : hostBlueprints(this.#blueprints);
    return (req, res, next) => {
      const resource = this.#table.find(pathOf(req));
      if (resource === undefined) {
        if (elsewhere === null) next();
        else elsewhere(req, res, next);
        return;
      }
      try {
        resource.handle(req, res)?.catch((error) => this.answerError(error, req, res));
      } catch (error) {
        this.answerError(error, req, res);
      }
    };
  }

  /** Answers a request that has failed, and reports it unless it was the caller's doing. */
  answerError(error: unknown, req: IncomingMessage, res: ServerResponse): void {
    const path = pathOf(req);
    this.#problemOf(error, this.#channelAt(path, req.method), path);
    if (res.headersSent) res.destroy();
    else sendError(res, error);
  }

  /** What a client is told of a failure, which is reported unless it was the client's doing. */
  #problemOf(error: unknown, channel: string | null, path: string): Problem {
    const problem = callersProblem(error);
    if (problem !== null) {
      this.#telemetry.logger.warn({ channel, path, code: problem.code }, problem.detail);
    } else if (!(error instanceof TurnAbortedError)) {
      this.#telemetry.error(error, { channel, stage: 'request', path });
    }
    return problemOf(error);
  }

  #channelAt(path: string, method: string | undefined): string | null {
    const resource = this.#table.find(path);
    if (resource !== undefined) return resource.ownerOf(method);
    const isBelow = ({ mount }: MountedBlueprint): boolean => `${path}/`.startsWith(`${mount}/`);
    return this.#blueprints.find(isBelow)?.channel ?? null;
  }

  /** @param mounts - Where its routes are, its own mount first. */
  #addChannel(channel: InputChannel, turns: Turns, mount: string, mounts: readonly string[]): void {
    channel.mountPath = mount;
    if (hasOwnBlueprint(channel)) {
      const blueprint = channel.blueprint((message, runOptions) => turns.run(message, runOptions));
      for (const each of mounts) {
        this.#blueprints.push({ channel: channel.name, mount: each, blueprint });
      }
    } else {
      const routes = channel.routes(turns);
      for (const each of mounts) {
        for (const route of routes) this.#table.add(each, route, channel.name);
      }
    }
    const upgrade = channel.upgrade?.(turns);
    if (upgrade === undefined) return;
    const path = this.upgrades.add(mount, upgrade, channel.name);
    this.#table.add('', unattachedRoute(path, channel.name, this.upgrades), channel.name);
  }
}
