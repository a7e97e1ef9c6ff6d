import { describe, expect, it } from 'vitest';
import { terminalPicture } from '../terminal/terminal-picture.ts';

const picture = (said: string) => terminalPicture({ said, columns: 20, rows: 5, title: 'a <test>' });

describe('a picture of a terminal', () => {
  it('has text where it stands, in its colour, with spaces kept', async () => {
    const svg = await picture('ab  c\r\n\u001b[32m  good\u001b[39m & \u001b[1mbold');
    expect(svg).toContain('>ab\u00a0\u00a0c</text>');
    expect(svg).toMatch(/<text x="28" y="42" [^>]*fill="#6fcf8a">good<\/text>/);
    expect(svg).toMatch(/font-weight="bold">bold<\/text>/);
    expect(svg).toContain('<title>a &lt;test&gt;</title>');
    expect(svg).toContain('>&amp;</text>');
  });

  it('shows what is left on the screen in the end, without the empty lines below', async () => {
    const svg = await picture('first\rother\r\n');
    expect(svg).toContain('>other</text>');
    expect(svg).not.toContain('first');
    expect(svg).toMatch(/height="41"/);
  });

  it('draws blocks and colours behind text as areas, those of one line in one piece', async () => {
    const svg = await picture('\u001b[30;107m▀▀\u001b[0m');
    expect(svg).toContain('<rect x="12" y="12" width="16" height="17" fill="#ffffff"/>');
    expect(svg).toContain('<rect x="12" y="12" width="16" height="8.5" fill="#16171d"/>');
    expect(svg).not.toContain('</text>');
  });
});
