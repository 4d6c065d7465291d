/**
 * What a platform allows. A limit that is absent is not known or not there. Nobody enforces them: the
 * channel itself splits (`splitText`), and `outputChannelContract` of `@trunkline/testing` looks
 * whether it does.
 */
export interface ChannelLimits {
  /** Characters of one text. */
  textLength?: number;
  /** Buttons below one text. */
  buttonCount?: number;
  /** Characters of a button's title. */
  buttonTitleLength?: number;
  /** Characters of a button's payload. */
  buttonPayloadLength?: number;
  /** Quick replies below one text. */
  quickReplyCount?: number;
  /** Elements of one carousel. */
  elementCount?: number;
}
