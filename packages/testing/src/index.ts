export type { It } from './checks.ts';
export { FakeClock } from './fake-clock.ts';
export type { Answer, ChannelRequest } from './http.ts';
export {
  inputChannelContract,
  type InputChannelContractOptions,
} from './input-channel-contract.ts';
export {
  outputChannelContract,
  type OutputChannelContractOptions,
  type OutputUnderTest,
} from './output-channel-contract.ts';
export { RecordingOutput, type RecordedText } from './recording-output.ts';
export { startLine, type StartedLine } from './start-line.ts';
export { storeContract, type StoreContractOptions } from './store-contract.ts';
