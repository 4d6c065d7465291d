import { describe, expect, it } from 'vitest';
import { mentions, plainText } from '../src/parse/text.ts';

describe('what a user said', () => {
  const U = '<@17213535>';
  it.each([
    [`You can sit here ${U} if you want${U}`, 'You can sit here if you want'],
    [`${U} You can sit here if you want${U} `, 'You can sit here if you want'],
    [`${U}You can sit here if you want ${U}`, 'You can sit here if you want'],
    [`You can sit here${U}if you want`, 'You can sit here if you want'],
    [`Hey ${U}, you can sit here if you want${U}!`, 'Hey, you can sit here if you want !'],
    [`Hey${U} , you can sit here if you want ${U}!`, 'Hey, you can sit here if you want!'],
  ])('has no mention of the bot: %s', (text, plain) => {
    expect(plainText(text, ['17213535'])).toBe(plain);
  });

  it('treats an id as text, not as a pattern', () => {
    expect(plainText('<@U.1> hi <@UX1>', ['U.1'])).toBe('hi <@UX1>');
  });

  it.each([
    [
      'convert garbled url to <http://vicdb-f.net|vicdb-f.net>',
      'convert garbled url to vicdb-f.net',
    ],
    [
      'convert <http://eemdb.net|eemdb.net> and <http://vicdb-f.net|vicdb-f.net>',
      'convert eemdb.net and vicdb-f.net',
    ],
    ['see <https://x.y> and <https://z.w|z.w>', 'see https://x.y and z.w'],
    ['<mailto:a@b.co|a@b.co> or <mailto:c@d.co>', 'a@b.co or c@d.co'],
    ['call <tel:+491234|+49 1234>', 'call +49 1234'],
    ['in <#C123|general> or <#C456>', 'in #general or #C456'],
    ['ask <@U2> or <@U3|ada>', 'ask <@U2> or @ada'],
    [
      '<!here> <!channel|channel> <!subteam^S1|@team> <!subteam^S2>',
      '@here @channel @team @subteam',
    ],
    ['since <!date^1392734382^{date_short}|Feb 18>', 'since Feb 18'],
    ['1 &lt; 2 &amp;&amp; 3 &gt; 2, &amp;lt;', '1 < 2 && 3 > 2, &lt;'],
    ['  :wave: hi\n', ':wave: hi'],
  ])('is plain: %s', (text, plain) => {
    expect(plainText(text)).toBe(plain);
  });

  it('may mention the bot', () => {
    expect(mentions('hi <@U1>', ['U1'])).toBe(true);
    expect(mentions('hi <@U1|bot>', ['U1'])).toBe(true);
    expect(mentions('hi <@U12>', ['U1'])).toBe(false);
    expect(mentions('hi U1', ['U1'])).toBe(false);
  });
});
