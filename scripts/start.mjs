// `npm start`: installs and builds what is not yet, then is the example server, in this process, so
// that signals reach it.
import { build, install } from './workspace.mjs';

install();
// The first time it takes a minute.
console.log('Building …');
build('@trunkline/server');
await import(new URL('../apps/server/dist/main.js', import.meta.url).href);
