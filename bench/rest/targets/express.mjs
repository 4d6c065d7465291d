// What most bots are: Express with its own JSON parser and answer.
import express from 'express';
import { ready } from '../../harness/target.mjs';

const app = express();
app.use(express.json());
app.post('/webhooks/rest/webhook', (req, res) => {
  const { sender, message } = req.body;
  res.json([{ recipient_id: sender, text: `You said: ${message}` }]);
});
const server = app.listen(0, '127.0.0.1', () => ready(server));
