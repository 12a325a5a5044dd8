/** What somebody sees who looks at a page, and what a screen reader finds in it. */
export interface PageLook {
  readonly language: string;
  readonly isDark: boolean;
  readonly landmarks: readonly string[];
  readonly headings: readonly string[];
  /** Of the whole page, scrolled or not. */
  readonly width: number;
  readonly smallestTextPixels: number;
  /** Texts whose contrast with what is behind them is below 4.5, with it, as WCAG counts. */
  readonly faintTexts: readonly string[];
  /** Controls and pictures that have no name, as HTML. */
  readonly nameless: readonly string[];
  /** Ids that are there twice. */
  readonly repeatedIds: readonly string[];
}

/** Runs in the page, which has a DOM; the tests have none. */
export const pageLook = `(() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = (colour) => {
    const [red, green, blue] = channels(colour).slice(0, 3).map((channel) => {
      const one = channel / 255;
      return one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element) => {
    if (!element) return 'rgb(255, 255, 255)';
    const colour = getComputedStyle(element).backgroundColor;
    return (channels(colour)[3] ?? 1) === 0 ? behind(element.parentElement) : colour;
  };
  const contrast = (element) => {
    const [ink, paper] = [getComputedStyle(element).color, behind(element)].map(luminance);
    return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
  };
  const all = (selector) => [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility());
  const texts = all('body *').filter((element) =>
    [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ''));
  const nameOf = (element) =>
    element.ariaLabel ?? [...(element.labels ?? [])].map((label) => label.textContent).join(' ') + element.textContent;
  const ids = all('[id]').map(({ id }) => id);
  return {
    language: document.documentElement.lang,
    isDark: luminance(behind(document.body)) < 0.1,
    landmarks: all('header,main,section').map((element) => {
      const label = document.getElementById(element.getAttribute('aria-labelledby'));
      return element.tagName + (label ? ': ' + label.textContent : '');
    }),
    headings: all('h1,h2,h3,h4,h5,h6').map(({ tagName, textContent }) => tagName + ': ' + textContent),
    width: document.documentElement.scrollWidth,
    smallestTextPixels: Math.min(...texts.map((element) => Number.parseFloat(getComputedStyle(element).fontSize))),
    faintTexts: texts.filter((element) => contrast(element) < 4.5).map((element) => contrast(element).toFixed(2) + ' ' + element.textContent),
    nameless: all('button,input,meter,progress,summary,a').filter((element) => nameOf(element).trim() === '').map(({ outerHTML }) => outerHTML),
    repeatedIds: ids.filter((id, at) => ids.indexOf(id) !== at),
  };
})()`;
