import type { Assistant, OutputChannel } from '@trunkline/core';
import { setUpEngine, type EngineSetup, type EngineUnderTest } from './engine.ts';
import { FakeClock } from './fake-clock.ts';
import { Platform, PlatformOutput } from './platform.ts';
import { SharedMemory, type ProcessStore, type Weather } from './shared-memory.ts';

/** How a process is started. */
export interface ProcessSetup extends EngineSetup {
  weather?: Weather;
  /** Whether the platform can be asked for what it got. */
  canBeAsked?: boolean;
  /** How an output channel is made. */
  makeOutput?: undefined | ((isDead: () => boolean) => OutputChannel);
}

/** An engine with a store of its own, in a process that can be killed. */
export interface EngineProcess extends EngineUnderTest {
  store: ProcessStore;
  kill: () => void;
}

/** Processes, one after the other or side by side, with one store and one platform. */
export class Processes {
  readonly clock: FakeClock = new FakeClock();
  readonly shared: SharedMemory = new SharedMemory(this.clock);
  readonly platform: Platform = new Platform();

  /** Starts one. A dead one's assistant does not go on either: it hangs in its next `reply`. */
  start(assistant: Assistant, setup: ProcessSetup = {}): EngineProcess {
    const { weather, canBeAsked, makeOutput, ...options } = setup;
    const store = this.shared.open(weather);
    const isDead = (): boolean => store.isDead;
    const make = makeOutput ?? (() => new PlatformOutput(this.platform, canBeAsked, isDead));
    const { clock } = this;
    const outputFor = (): OutputChannel => make(isDead);
    const engine = setUpEngine(assistant, { outputFor, ...options, store, clock });
    engine.engine.start();
    return { ...engine, clock, store, kill: () => store.kill() };
  }
}
