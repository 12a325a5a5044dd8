import { describe, expect, test } from 'vitest';
import { spreadOut } from '../../bench/plot/labels.mjs';
import { hasPlace, numberText, scaleOf } from '../../bench/plot/scale.mjs';
import { barPlot, linePlot } from '../../bench/plot.mjs';

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  text: string;
}

/** Every element of a document, in order. Throws where it is no well-formed XML. */
function elementsOf(svg: string): readonly Element[] {
  const elements: Element[] = [];
  const open: Element[] = [];
  const token = /<(\/?)([a-z]+)((?:\s+[a-z\d:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/giy;
  while (token.lastIndex < svg.length) {
    const from = token.lastIndex;
    const [whole, closing, name = '', attributes = '', alone, text] = token.exec(svg) ?? [];
    if (whole === undefined) throw new Error(`This is no XML: ${svg.slice(from, from + 60)}`);
    if (/&(?!(?:amp|lt|gt|quot);)/u.test(whole)) throw new Error(`A bare ampersand: ${whole}`);
    const inner = open.at(-1);
    if (text !== undefined) {
      if (inner) inner.text += text;
      else if (text.trim() !== '') throw new Error(`Text outside: ${text}`);
    } else if (closing) {
      if (open.pop()?.name !== name) throw new Error(`</${name}> closes another element.`);
    } else {
      const pairs = [...attributes.matchAll(/([a-z\d:-]+)="([^"]*)"/giu)];
      const element = { name, attributes: Object.fromEntries(pairs.map(([, key, value]) => [key, value])), text: '' };
      elements.push(element);
      if (!alone) open.push(element);
    }
  }
  if (open.length > 0) throw new Error('Something is not closed.');
  return elements;
}

const textsOf = (svg: string) => elementsOf(svg).filter(({ name }) => name === 'text');
const numbersIn = (path: string | undefined) => (path?.match(/-?[\d.]+/gu) ?? []).map(Number);
const axes = { title: 'A plot', x: { label: 'slots' }, y: { label: 'MiB' } };

describe('ticks', () => {
  test.each<[what: string, values: readonly number[], kind: 'linear' | 'log', ticks: readonly number[]]>([
    ['go by ones, twos and fives from 0', [3, 7.9], 'linear', [0, 2, 4, 6, 8]],
    ['end at a value that is one', [1, 5], 'linear', [0, 1, 2, 3, 4, 5]],
    ['have no digits of a sum of steps', [0.3], 'linear', [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3]],
    ['go below 0', [-3, 4], 'linear', [-4, -2, 0, 2, 4]],
    ['are there without values', [], 'linear', [0, 0.2, 0.4, 0.6, 0.8, 1]],
    ['are there when all is 0', [0, 0], 'linear', [0, 0.2, 0.4, 0.6, 0.8, 1]],
    ['are powers on a long logarithmic axis', [3, 7200], 'log', [10, 100, 1000, 10_000]],
    ['are 1, 2 and 5 on a short one', [1, 64], 'log', [1, 2, 5, 10, 20, 50, 100]],
    ['lie on both sides of a single value', [64], 'log', [50, 100]],
    ['and of one that is a tick', [10], 'log', [10, 20]],
    ['are there without values on a logarithmic axis', [], 'log', [1, 2, 5, 10]],
    ['leave powers out where there are many', [1e-8, 1e8], 'log', [1e-8, 1e-5, 1e-2, 10, 1e4, 1e7]],
  ])('%s', (_what, values, kind, ticks) => {
    expect(scaleOf(values, kind).ticks).toEqual(ticks);
  });

  test('every value lies between the ends of its axis', () => {
    const sets = [[0.001, 7], [7200, 1], [12, 12.01], [1e-9], [5, 3e6]];
    for (const kind of ['linear', 'log'] as const) {
      for (const values of sets) {
        const { share } = scaleOf(values, kind);
        for (const value of values) {
          expect(share(value)).toBeGreaterThanOrEqual(-1e-9);
          expect(share(value)).toBeLessThanOrEqual(1 + 1e-9);
        }
      }
    }
  });

  test('ten times as much is equally far on a logarithmic axis', () => {
    const { share } = scaleOf([1, 1000], 'log');
    expect([share(1), share(10), share(100), share(1000)].map((each) => Math.round(1e6 * each))).toEqual([
      0, 333_333, 666_667, 1_000_000,
    ]);
  });

  test.each([
    [1500, '1,500'],
    [0.05, '0.05'],
    [0, '0'],
    [2_500_000, '2.5M'],
  ])('%d is written %s', (value, text) => {
    expect(numberText(value)).toBe(text);
  });

  test.each([
    [0, 'linear', true],
    [0, 'log', false],
    [-1, 'log', false],
    [Number.NaN, 'linear', false],
    [Number.POSITIVE_INFINITY, 'log', false],
  ] as const)('%d on a %s axis: %s', (value, kind, expected) => {
    expect(hasPlace(value, kind)).toBe(expected);
  });
});

describe('labels in a column', () => {
  test.each<[what: string, middles: readonly number[], tops: readonly number[]]>([
    ['stay where they want to be when there is room', [20, 60], [15, 55]],
    ['make way for each other', [50, 50, 50], [45, 55, 65]],
    ['keep their order', [52, 50], [55, 45]],
    ['stay above the bottom', [99, 98], [90, 80]],
    ['stay below the top', [1, 2], [0, 10]],
  ])('%s', (_what, middles, tops) => {
    const labels = middles.map((middle) => ({ middle, height: 10 }));
    expect(spreadOut(labels, 0, 100)).toEqual(tops);
  });
});

describe('a plot of lines', () => {
  const lines = [
    {
      name: 'base & more',
      points: [
        [1, 10],
        [2, 20],
        [4, 22],
      ],
    },
    {
      name: 'tiny <en>',
      points: [
        [1, 11],
        [2, 21],
        [4, 22.1],
      ],
    },
    {
      name: 'projected',
      points: [
        [4, 22],
        [64, 300],
      ],
      isProjected: true,
    },
  ] as const;

  test('is well-formed, has a name and a description, and nothing that two plots on a page could both claim', () => {
    const svg = linePlot({ ...axes, title: 'A & B < C\u0007', series: lines, notes: ['Dashed: projected.'] });
    const [root, title, description] = elementsOf(svg);
    expect(root).toMatchObject({
      name: 'svg',
      attributes: { role: 'img', viewBox: expect.stringMatching(/^0 0 400 \d+$/u) },
    });
    expect(title).toMatchObject({ name: 'title', text: 'A &amp; B &lt; C ' });
    expect(description?.text).toContain('projected (projected): 4: 22; 64: 300.');
    expect(svg).not.toMatch(/\sid=|url\(|href/u);
    expect(svg).toContain('prefers-color-scheme:dark');
  });

  test('tells its lines apart without colour', () => {
    const paths = elementsOf(linePlot({ ...axes, series: lines })).filter(({ name }) => name === 'path');
    const curves = paths.filter(({ attributes }) => attributes['stroke-width'] === '2');
    expect(curves.map(({ attributes }) => attributes['stroke-dasharray'])).toEqual([undefined, undefined, '6 4']);
    const marks = paths.filter(({ attributes }) => /Z$|M.*M/u.test(attributes['d'] ?? ''));
    const shapes = marks.map(({ attributes }) => (attributes['d'] ?? '').replace(/-?[\d.]+/gu, ''));
    expect(new Set(shapes).size).toBeGreaterThanOrEqual(2);
    expect(marks.map(({ attributes }) => attributes['fill'] === 'none')).toEqual([
      ...Array.from({ length: 6 }, () => false),
      true,
      true,
    ]);
  });

  test('keeps all text in the picture, and no two labels on each other', () => {
    const series = Array.from({ length: 8 }, (_, at) => ({
      name: `a line with quite a long name ${at}`,
      points: [
        [0, 1],
        [10, 5 + at / 100],
      ] as const,
    }));
    const svg = linePlot({
      ...axes,
      series,
      notes: ['A note that is so long that it takes more than one line, surely.'],
    });
    const [root] = elementsOf(svg);
    const [, , width = 0, height = 0] = numbersIn(root?.attributes['viewBox']);
    const texts = textsOf(svg);
    for (const { text, attributes } of texts) {
      const [x, y] = [Number(attributes['x']), Number(attributes['y'])];
      const reach = { start: [0, 1], middle: [0.5, 0.5], end: [1, 0] }[attributes['text-anchor'] ?? 'start'] ?? [0, 1];
      const long = 5.5 * text.length;
      expect(x - (reach[0] ?? 0) * long, text).toBeGreaterThanOrEqual(0);
      expect(x + (reach[1] ?? 0) * long, text).toBeLessThanOrEqual(width);
      expect(y, text).toBeGreaterThan(0);
      expect(y, text).toBeLessThan(height);
    }
    const labels = texts.filter(({ attributes }) => attributes['style']?.startsWith('fill:'));
    const feet = labels.map(({ attributes }) => Number(attributes['y'])).sort((one, other) => one - other);
    expect(feet).toHaveLength(16);
    for (const [at, foot] of feet.slice(1).entries()) expect(foot - (feet[at] ?? 0)).toBeGreaterThanOrEqual(13);
  });

  test.each<[what: string, points: readonly (readonly [number, number])[]]>([
    ['no points', []],
    ['one point', [[3, 4]]],
    [
      'the same point twice',
      [
        [3, 4],
        [3, 4],
      ],
    ],
    [
      'only zeros',
      [
        [0, 0],
        [0, 0],
      ],
    ],
    [
      'what is no number',
      [
        [1, Number.NaN],
        [Number.POSITIVE_INFINITY, 2],
        [2, 3],
      ],
    ],
    [
      'very large and very small values',
      [
        [1e-9, 1e12],
        [1e9, 1e-12],
      ],
    ],
  ])('stands %s on any axes', (_what, points) => {
    for (const scale of ['linear', 'log'] as const) {
      const series = [
        { name: 'a', points },
        { name: 'b', points: [] },
      ];
      const svg = linePlot({ title: 'A', x: { label: 'x', scale }, y: { label: 'y', scale }, series });
      expect(elementsOf(svg).length).toBeGreaterThan(5);
      expect(svg).not.toMatch(/NaN|Infinity|undefined/u);
    }
    expect(linePlot({ ...axes, series: [] })).toContain('nothing measured');
  });
});

describe('a plot of bars', () => {
  const bars = [
    { name: 'us', value: 30, low: 28, high: 33 },
    { name: 'a peer with a name that is much too long for one line of this narrow picture', value: 15 },
    { name: 'a peer that does not install', value: Number.NaN },
  ];

  test('draws lengths in proportion, the spread, and what was not measured', () => {
    const svg = barPlot({ title: 'Throughput', unit: 'audio s/s', bars });
    const rectangles = elementsOf(svg).filter(({ name }) => name === 'rect');
    const [long = 0, half = 0] = rectangles.map(({ attributes }) => Number(attributes['width']));
    expect(long / half).toBeCloseTo(2, 1);
    expect(rectangles).toHaveLength(2);
    expect(elementsOf(svg).filter(({ attributes }) => attributes['class'] === 'wp-spread')).toHaveLength(1);
    expect(textsOf(svg).map(({ text }) => text)).toEqual(
      expect.arrayContaining(['30 audio s/s', '15 audio s/s', 'not measured']),
    );
    expect(elementsOf(svg).find(({ name }) => name === 'desc')?.text).toContain(
      'us: 30 audio s/s (28 to 33 audio s/s).',
    );
  });

  test.each([
    ['none', []],
    ['a zero', [{ name: 'a', value: 0 }]],
    [
      'one below zero',
      [
        { name: 'a', value: -2 },
        { name: 'b', value: 4 },
      ],
    ],
  ])('stands %s', (_what, some) => {
    const svg = barPlot({ title: 'A', unit: 's', bars: some });
    expect(elementsOf(svg).length).toBeGreaterThan(3);
    expect(svg).not.toMatch(/NaN|Infinity|undefined|width="-/u);
  });
});
