export { WebSocketInput } from './channel.ts';
export type { Authenticate, JwtAuth, LogOptions, WebSocketOptions } from './credentials.ts';
