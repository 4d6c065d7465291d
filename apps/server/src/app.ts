import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { type Express } from 'express';

/** The chat page runs scripts of its own alone; its pictures may come from anywhere. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  'img-src * data:',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  // What the element makes of Markdown goes through DOMPurify, and nothing else becomes markup.
  "require-trusted-types-for 'script'",
  'trusted-types dompurify',
].join('; ');

/** The Express application beside the channels: the chat page. Put your own routes here. */
export function createApp(): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use((_req, res, next) => {
    res.set({
      'Content-Security-Policy': POLICY,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
    });
    next();
  });
  app.use(express.static(fileURLToPath(new URL('../public', import.meta.url))));
  app.get('/webchat.js', (_req, res) => {
    res.sendFile(webchatFile());
  });
  return app;
}

/** The element, as one file. The package's entry, built or not, is one folder below its root. */
function webchatFile(): string {
  const require = createRequire(import.meta.url);
  const entry = require.resolve('@trunkline/webchat');
  return join(dirname(entry), '..', 'dist', 'webchat.js');
}
