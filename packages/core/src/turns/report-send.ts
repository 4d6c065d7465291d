import type { Clock } from '../clock.ts';
import type { SendReport, Telemetry } from '../telemetry.ts';

/** Whose send it is, and what is sent. */
export type SendAbout = Pick<SendReport, 'channel' | 'senderId' | 'kind'>;

/** Sends, and reports what became of it where somebody wants to know. */
export function reportSend<T>(
  { telemetry, clock }: { telemetry: Telemetry; clock: Clock },
  { channel, senderId, kind }: SendAbout,
  send: () => Promise<T>,
): Promise<T> {
  if (telemetry.send === null) return send();
  const startedAt = clock.now();
  const report = (outcome: SendReport['outcome']): void => {
    const durationMs = clock.now() - startedAt;
    telemetry.send?.({ channel, senderId, kind, outcome, durationMs });
  };
  return send().then(
    (sent) => {
      report(sent === 'pending' ? 'pending' : 'sent');
      return sent;
    },
    (error: unknown) => {
      report('failed');
      throw error;
    },
  );
}
