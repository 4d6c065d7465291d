import {
  CollectingOutputChannel,
  InputChannel,
  isJsonObject,
  UserMessage,
  type OnNewMessage,
} from '@trunkline/core';
import { json, Router } from 'express';

/** The custom connector of Rasa's documentation, as an Express Router. */
export class RouterInput extends InputChannel {
  readonly name = 'router';

  override blueprint(onNewMessage: OnNewMessage): Router {
    const customWebhook = Router();
    customWebhook.get('/', (_req, res) => {
      res.json({ status: 'ok' });
    });
    customWebhook.post('/webhook', json(), async (req, res) => {
      const body: unknown = req.body;
      const { sender, text } = isJsonObject(body) ? body : {};
      if (typeof sender !== 'string' || typeof text !== 'string') {
        res.status(400).json({ error: '"sender" and "text" must be texts' });
        return;
      }
      const collector = new CollectingOutputChannel();
      await onNewMessage(
        new UserMessage({
          text,
          senderId: sender,
          outputChannel: collector,
          inputChannel: this.name,
          metadata: this.getMetadata(req, body),
        }),
      );
      res.json(collector.messages);
    });
    return customWebhook;
  }
}
