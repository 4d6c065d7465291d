import { afterEach, describe, expect, it } from 'vitest';
import { Project } from '../../src/project.ts';
import { talk } from '../../src/shell/talk.ts';
import { PATIENCE_MS } from '../support/command.ts';
import { folderOf } from '../support/folder.ts';
import { fakeTerminal } from '../support/screen.ts';

const before = process.cwd();
afterEach(() => process.chdir(before));

const ASSISTANT = `
async function* words() {
  yield 'one ';
  yield '\\u001b[31mtwo';
}
export default async (message, reply) => {
  reply.state.turns = (reply.state.turns ?? 0) + 1;
  switch (message.text) {
    case 'order':
      return reply.buttons('What size?', [
        { title: 'Small', payload: '/small' },
        { title: 'Large', payload: '/large' },
      ]);
    case 'stream':
      return reply.stream(words());
    case 'rich':
      return reply.response({
        text: 'Look',
        image: 'https://x.org/a.png',
        attachment: { url: 'u' },
        custom: { a: 1 },
        elements: [{ title: 'Card', subtitle: 's', buttons: [{ title: 'Buy', payload: '/buy' }] }],
      });
    case 'utter':
      return reply.utter('utter_greet');
    case 'fail':
      throw new Error('I cannot');
    default:
      return reply.text(\`\${reply.state.turns} \${message.text} \${message.choice?.title ?? '-'}\`);
  }
};
`;

async function say(input: string, files: Record<string, string> = {}) {
  process.chdir(await folderOf({ 'assistant.ts': ASSISTANT, ...files }));
  const terminal = fakeTerminal(input);
  const isFine = await talk(new Project({}), terminal);
  return { isFine, said: terminal.said(), complained: terminal.complained() };
}

describe('a conversation in the shell', { timeout: PATIENCE_MS }, () => {
  it('answers each line, in one conversation', async () => {
    expect(await say('a\n\n   \nb\nc')).toEqual({
      isFine: true,
      said: '1 a -\n2 b -\n3 c -\n',
      complained: '',
    });
  });

  it('takes a number for the button that has it', async () => {
    const { said } = await say('order\n2\n2\norder\nsmall\n');
    expect(said.split('\n')).toEqual([
      'What size?',
      '1. Small',
      '2. Large',
      '2 /large Large',
      // The menu was used.
      '3 2 -',
      'What size?',
      '1. Small',
      '2. Large',
      '5 /small Small',
      '',
    ]);
  });

  it('shows a stream, without what would steer the terminal', async () => {
    expect((await say('stream\nx\n')).said).toBe('one [31mtwo\n2 x -\n');
  });

  it('shows all parts of a response, and their buttons', async () => {
    const { said } = await say('rich\n1\n');
    expect(said).toBe(
      'Look\n{\n  "a": 1\n}\nImage: https://x.org/a.png\n' +
        "Attachment: {'url': 'u'}\nCard : s\n1. Buy\n2 /buy Buy\n",
    );
  });

  it('says the variation for cmdline', async () => {
    const domain =
      'responses:\n  utter_greet:\n    - text: Hi\n    - text: Hi, shell\n      channel: cmdline\n';
    expect((await say('utter\n', { 'domain.yml': domain })).said).toBe('Hi, shell\n');
  });

  it('shows what failed, goes on, and is not fine', async () => {
    const { isFine, said, complained } = await say('fail\nutter\na\n');
    expect(isFine).toBe(false);
    expect(said).toBe('3 a -\n'.replace('3', '1'));
    expect(complained).toMatch(/^Error: I cannot\n\s+at .*assistant\.ts/);
    expect(complained).toContain('there are no responses to say "utter_greet" from');
  });

  it('ends with /stop', async () => {
    expect((await say('a\n/stop\nb\n')).said).toBe('1 a -\n');
  });

  it('says what is wrong with the assistant', async () => {
    await expect(say('a\n', { 'assistant.ts': 'export default 1;' })).rejects.toThrow(
      'exports no assistant',
    );
  });
});
