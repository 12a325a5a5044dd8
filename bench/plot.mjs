export { barPlot } from './plot/bars.mjs';
export { linePlot } from './plot/lines.mjs';
