import type { Command } from 'commander';
import type { Context } from '../program.ts';
export function addSend(_program: Command, _context: Context): void {}
