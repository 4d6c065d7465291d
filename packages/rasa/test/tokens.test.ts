import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenJoiner, type TokenMode } from '../src/tokens.ts';

/** What is said of texts that arrive without a pause: a stream is a list of its pieces. */
function said(texts: string[], mode: TokenMode = 'detect'): (string | string[])[] {
  const joiner = new TokenJoiner(mode);
  const utterances = texts.flatMap((text) => joiner.hear({ text }));
  const all: (string | string[])[] = [];
  let stream: string[] | null = null;
  for (const utterance of [...utterances, ...joiner.end()]) {
    if (utterance.kind === 'response') all.push(utterance.response.text ?? '');
    else if (utterance.kind === 'end') stream = null;
    else if (stream === null) all.push((stream = [utterance.text]));
    else stream.push(utterance.text);
  }
  return all;
}

/** Rasa's own way with a text that is not streamed. */
const sent = (text: string): string[] => text.trim().split('\n\n');

describe('texts that follow each other, with detect', () => {
  it.each([
    ['tokens with spaces ahead', ['Hello', ' there', '!', ' How', ' are', ' you', '?']],
    ['tokens with spaces behind', ['Hello ', 'there, ', 'how ', 'are ', 'you?']],
    ['words that are cut', ['Un', 'believ', 'ably', ' good', ' un', 'fortun', 'ately', '.']],
    ['pieces of several words', ['Hello! How can I', ' help you to', 'day with your order?']],
    ['a language without spaces', ['你', '好', '，', '需要', '什么', '？']],
    ['sentences of one', ['好的', '。', '已经', '下单', '了', '。', '谢谢', '！']],
    ['paragraphs', ['First', '.\n\n', 'Second', ' one', '.']],
    ['a list', ['You', ' need', ':\n', '- ', 'milk', '\n- ', 'bread']],
  ])('takes %s for one stream', (_what, tokens) => {
    expect(said(tokens)).toEqual([tokens]);
  });

  it.each([
    ['two sentences', ['Hi Ada!', 'What can I do for you?']],
    ['one-word answers', ['Yes', 'No']],
    ['a greeting and a sentence', ['Hello', 'I am the pizza bot']],
    ['lower case', ['hi there', 'how are you today']],
    ['paragraphs that end in spaces', sent('This comes first:  \n\nThis is two  \nThis too\n\n')],
    ['an indented list', sent('Options:\n\n * one\n * two')],
    ['three line ends', sent('First part.\n\n\nSecond part.')],
    ['an ellipsis', ['Let me see', '... here it is']],
    ['sentences of a language without spaces', ['您好。', '我是披萨机器人。', '请问需要什么？']],
    ['links', ['https://a.example/1', 'https://a.example/2', 'https://a.example/3']],
    ['exclamations', ['Hello!', 'Great!', 'Bye!']],
  ])('takes %s for messages', (_what, texts) => {
    expect(said(texts)).toEqual(texts.filter((text) => text !== ''));
  });

  // The story: three short sentences of Chinese, which has no spaces, were one, as were three links.
  it('ends a stream where a whole sentence of a language without spaces begins', () => {
    const tokens = ['好', '的', '，', '已经', '下单', '了', '。'];
    expect(said([...tokens, '请问还需要什么？'])).toEqual([tokens, '请问还需要什么？']);
  });

  it('ends a stream where a whole sentence begins without a space', () => {
    expect(said(['It', ' is', ' sunny', '.', 'Anything else today?'])).toEqual([
      ['It', ' is', ' sunny', '.'],
      'Anything else today?',
    ]);
  });
});

describe('the other ways', () => {
  it('joins every text with join, and none with separate', () => {
    const texts = ['Hi Ada!', 'What can I do?'];
    expect(said(texts, 'join')).toEqual([texts]);
    const tokens = ['Hello', ' there', '!'];
    expect(said(tokens, 'separate')).toEqual(tokens);
  });
});

describe('every way', () => {
  const words = fc.array(fc.constantFrom('Un', 'able', ' to', ' say', '.', '\n\n', 'Hi Ada', 'No'));
  const mode = fc.constantFrom<TokenMode>('detect', 'join', 'separate');

  it('says everything, once, in its order, whenever it is quiet', () => {
    fc.assert(
      fc.property(words, mode, fc.array(fc.boolean()), (texts, way, pauses) => {
        const joiner = new TokenJoiner(way);
        const utterances = texts.flatMap((text, at) => [
          ...joiner.hear({ text }),
          ...(pauses[at] === true ? joiner.end() : []),
        ]);
        const all = [...utterances, ...joiner.end()].map((utterance) => {
          if (utterance.kind === 'end') return '';
          return utterance.kind === 'chunk' ? utterance.text : utterance.response.text;
        });
        expect(all.join('')).toBe(texts.join(''));
      }),
    );
  });

  it('ends each stream that it begins, and holds nothing for ever', () => {
    fc.assert(
      fc.property(words, mode, (texts, way) => {
        const joiner = new TokenJoiner(way);
        const kinds = texts.flatMap((text) => joiner.hear({ text })).map(({ kind }) => kind);
        const end = joiner.end().map(({ kind }) => kind);
        expect(joiner.patienceMs).toBeNull();
        const all = [...kinds, ...end].join(' ');
        expect(all).toMatch(/^(?:(?:(?:chunk )+end|response) ?)*$/);
      }),
    );
  });

  it('says a response with more than a text at its place, after what is held', () => {
    const joiner = new TokenJoiner('detect');
    expect(joiner.hear({ text: 'Look here' })).toEqual([]);
    expect(joiner.hear({ image: 'https://example.org/a.png' })).toEqual([
      { kind: 'response', response: { text: 'Look here' } },
      { kind: 'response', response: { image: 'https://example.org/a.png' } },
    ]);
  });

  it('does not repeat a streamed text above its buttons', () => {
    const buttons = [{ title: 'Yes', payload: '/affirm' }];
    const joiner = new TokenJoiner('detect');
    const below = { text: 'Is that right?', buttons };
    const shown = { kind: 'response', response: { text: '', buttons } };
    for (const text of ['Is', ' that', ' right', '?']) joiner.hear({ text });
    expect(joiner.hear(below)).toEqual([{ kind: 'end' }, shown]);
    // Said once more, it is another question.
    expect(joiner.hear(below)).toEqual([{ kind: 'response', response: below }]);
    for (const text of ['Is', ' that', ' right', '?']) joiner.hear({ text });
    expect(joiner.end()).toEqual([{ kind: 'end' }]);
    expect(joiner.hear(below)).toEqual([shown]);
  });
});
