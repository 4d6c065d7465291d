export { RestInput } from './channel.ts';
export type { BearerAuth, JwtAuth, RestOptions } from './credentials.ts';
