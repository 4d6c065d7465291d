// Run by every package's `build`: what a deleted source file left in `dist` would be published.
import { rmSync } from 'node:fs';

rmSync('dist', { recursive: true, force: true });
