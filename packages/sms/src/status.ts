/** What became of a message. */
export interface SmsStatus {
  /** The message's SID, as the receipt of the response has it. */
  messageSid: string;
}
