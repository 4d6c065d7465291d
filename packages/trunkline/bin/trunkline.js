#!/usr/bin/env node
// Here before anything is built, so that an installation can link it.
await import('../dist/bin.js');
