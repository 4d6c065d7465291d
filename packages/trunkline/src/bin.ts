import { runCommandLine } from './program.ts';

const code = await runCommandLine(process.argv.slice(2), {
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
});
// What somebody's module has opened need not keep the command. What was written goes out first.
if (code !== null) process.stdout.write('', () => process.exit(code));
