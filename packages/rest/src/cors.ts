import type { IncomingMessage, ServerResponse } from 'node:http';

/** Says which pages may read the answer. @see The Fetch standard, "CORS protocol" */
export function allowOrigin(
  req: IncomingMessage,
  res: ServerResponse,
  cors: true | readonly string[],
): void {
  const { origin } = req.headers;
  if (cors === true) {
    res.setHeader('access-control-allow-origin', '*');
  } else {
    // What is cached for one page must not be shown to another.
    res.setHeader('vary', 'origin');
    if (origin === undefined || !cors.includes(origin)) return;
    res.setHeader('access-control-allow-origin', origin);
  }
  res.setHeader('access-control-expose-headers', 'x-trunkline-turn, retry-after');
}

/** Answers a page's question whether it may post. Which pages may, is said already. */
export function answerPreflight(_req: IncomingMessage, res: ServerResponse): void {
  res.setHeader('access-control-allow-methods', 'POST');
  res.setHeader('access-control-allow-headers', 'authorization, content-type');
  res.setHeader('access-control-max-age', '600');
  res.writeHead(204, { allow: 'POST, OPTIONS' }).end();
}
