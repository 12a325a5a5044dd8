const namespace = 'http://www.w3.org/2000/svg';
const [width, height] = [120, 28];
/** At one value a second: the last 2 minutes. */
const mostValues = 120;

/** A small line of the values that a figure had lately. The figure itself is text: a screen reader passes over the line. */
export class Sparkline {
  /** @type {(number | undefined)[]} undefined where there was none */
  #values = [];
  #line = document.createElementNS(namespace, 'path');
  #leastTop;

  /** @param {number} leastTop the top of the scale, unless a value is larger: small values look small */
  constructor(leastTop) {
    this.#leastTop = leastTop;
    this.svg = document.createElementNS(namespace, 'svg');
    const attributes = { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' };
    for (const [name, value] of Object.entries(attributes)) this.svg.setAttribute(name, value);
    this.#line.setAttribute('vector-effect', 'non-scaling-stroke');
    this.svg.append(this.#line);
  }

  /** @param {number | undefined} value */
  add(value) {
    this.#values = [...this.#values, value].slice(-mostValues);
    this.#line.setAttribute('d', this.#path());
  }

  #path() {
    const top = Math.max(this.#leastTop, ...this.#values.map((value) => value ?? 0));
    const step = width / (mostValues - 1);
    const begin = width - step * (this.#values.length - 1);
    let isPenUp = true;
    return this.#values
      .map((value, index) => {
        if (value === undefined) {
          isPenUp = true;
          return '';
        }
        const x = (begin + index * step).toFixed(1);
        const y = (height - 1.5 - (value / top) * (height - 3)).toFixed(1);
        // A value between two gaps is a point: a line of no length with round ends.
        const move = isPenUp ? `M${x} ${y}` : '';
        isPenUp = false;
        return `${move}L${x} ${y}`;
      })
      .join('');
  }
}
