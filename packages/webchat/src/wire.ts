// What goes over the wire. In `dist` these types stand by themselves: see `build.mjs`.
export type * from '@trunkline/websocket/protocol';
export type {
  Attachment,
  Button,
  Choice,
  Element,
  JsonObject,
  JsonValue,
  QuickReply,
} from '@trunkline/core';
