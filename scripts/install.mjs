// `npm run setup`: installs the workspace's dependencies, and nothing more.
import { install } from './workspace.mjs';

install();
