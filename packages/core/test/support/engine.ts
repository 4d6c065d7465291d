import {
  MemoryStore,
  UserMessage,
  type Assistant,
  type ErrorContext,
  type Hooks,
  type Logger,
  type OutputChannel,
  type SendReport,
  type Store,
  type TurnLimits,
  type TurnReport,
  type Turns,
  type UserMessageOptions,
} from '@trunkline/core';
import { guardLogger, silentLogger } from '../../src/logger.ts';
import { createTelemetry } from '../../src/telemetry.ts';
import { toAssistant } from '../../src/turns/assistant.ts';
import { TurnEngine, type TurnEngineOptions } from '../../src/turns/turn-engine.ts';
import { FakeClock } from './fake-clock.ts';
import { TextOutput } from './outputs.ts';

export interface EngineSetup extends Partial<Omit<TurnEngineOptions, 'assistant' | 'limits'>> {
  clock?: FakeClock;
  limits?: TurnLimits;
  hooks?: Hooks;
  logger?: Logger;
  /** What deferred messages are answered on. */
  output?: OutputChannel;
}

export interface EngineUnderTest {
  engine: TurnEngine;
  /** Those of the channel `test`. */
  turns: Turns;
  clock: FakeClock;
  store: Store;
  turnReports: TurnReport[];
  sendReports: SendReport[];
  errors: { error: Error; context: ErrorContext }[];
}

/** An engine over a clock that stands still and hooks that write down what they are told. */
export function setUpEngine(assistant: Assistant, setup: EngineSetup = {}): EngineUnderTest {
  const { hooks, logger = silentLogger, output = new TextOutput(), ...options } = setup;
  const clock = setup.clock ?? new FakeClock();
  const turnReports: TurnReport[] = [];
  const sendReports: SendReport[] = [];
  const errors: EngineUnderTest['errors'] = [];
  const recording: Hooks = {
    onTurn: (report) => void turnReports.push(report),
    onSend: (report) => void sendReports.push(report),
    onError: (error, context) => void errors.push({ error, context }),
  };
  const store = setup.store ?? new MemoryStore({ clock });
  const engine = new TurnEngine({
    clock,
    store,
    telemetry: createTelemetry(guardLogger(logger), hooks ?? recording),
    middleware: [],
    transforms: [],
    outputFor: () => output,
    canContact: () => true,
    ...options,
    assistant: () => toAssistant(assistant),
  });
  return { engine, turns: engine.for('test'), clock, store, turnReports, sendReports, errors };
}

/** A live message. */
export function say(text: string, options: UserMessageOptions = {}): UserMessage {
  return new UserMessage({ text, senderId: 'ada', outputChannel: new TextOutput(), ...options });
}

/** A deferred message. */
export function post(text: string, options: UserMessageOptions = {}): UserMessage {
  return new UserMessage({ text, senderId: 'ada', address: { to: 'ada' }, ...options });
}
