import type { SimulationResult, TimelinePoint } from '../../degrade/simulator/simulation-result.js';
import { summaryRows } from './result-text.js';
import { type Chart, chartHtml, clockTime, escaped, type Series } from './timeline-chart.js';

const style = `
:root{color-scheme:light dark;--paper:#fff;--ink:#1d2126;--faint:#6b7480;--frame:#d9dee4;--one:#0b66c3;--two:#c2410c}
@media (prefers-color-scheme:dark){:root{--paper:#14171a;--ink:#e6e9ec;--faint:#9aa4af;--frame:#333a41;--one:#6cb2ff;--two:#ff9a5c}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:1rem;background:var(--paper);color:var(--ink);font:16px/1.45 system-ui,sans-serif}
h1{font-size:1.3rem;margin:0 0 .25rem}h2{font-size:1rem;margin:1.4rem 0 .3rem}p{margin:0;color:var(--faint)}
.plot{display:flex;gap:.4rem}.scale{width:3.4rem;flex:none;display:flex;flex-direction:column;justify-content:space-between;text-align:right}
.scale,.times{font-size:.75rem;color:var(--faint)}.times{display:flex;justify-content:space-between;padding-left:3.8rem}
svg{flex:1;min-width:0;height:7rem;display:block;overflow:visible}
path{fill:none;vector-effect:non-scaling-stroke;stroke-width:1.5}path.frame{stroke:var(--frame);stroke-width:1}
path.guide{stroke:var(--faint);stroke-dasharray:4 4;stroke-width:1}path.one{stroke:var(--one)}path.two{stroke:var(--two)}
.key{font-weight:400;font-size:.8rem;margin-left:.6rem}.key.one{color:var(--one)}.key.two{color:var(--two)}
table{border-collapse:collapse;width:100%;margin-top:.6rem;font-size:.9rem}
th,td{text-align:left;vertical-align:top;padding:.3rem .5rem .3rem 0;border-top:1px solid var(--frame)}th{font-weight:600}
td.time{white-space:nowrap;font-variant-numeric:tabular-nums}`;

/** The timeline of a simulation as one HTML page that needs nothing else: no scripts, no fonts, no network. */
export function timelinePage(result: SimulationResult): string {
  const { trace, policy, machine, seconds } = result;
  const title = `${trace} under ${policy}`;
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escaped(title)}</title>
<style>${style}</style></head>
<body><main>
<h1>${escaped(title)}</h1>
<p>${clockTime(seconds)} simulated on ${escaped(machine)}</p>
<table>${summaryRows(result).map(summaryHtml).join('')}</table>
${chartsOf(result)
  .map((chart) => chartHtml(chart, seconds))
  .join('\n')}
${decisionsHtml(result)}
</main></body>
</html>
`;
}

function chartsOf({ timeline, rungs, transitions, latency, fates }: SimulationResult): readonly Chart[] {
  const series = (
    name: string,
    colour: Series['colour'],
    shape: Series['shape'],
    of: (point: TimelinePoint) => Value,
  ) => ({
    name,
    colour,
    shape,
    values: timeline.map(of),
  });
  const most = (of: (point: TimelinePoint) => number) => timeline.reduce((top, point) => Math.max(top, of(point)), 0);
  return [
    {
      title: 'Load',
      unit: '×',
      least: 1,
      guide: 1,
      summary: `Load as requested, up to ${most(({ load }) => load).toFixed(1)} times the capacity, and on the rung in force`,
      series: [
        series('as requested', 'two', 'line', ({ load }) => finite(load)),
        series('on the rung in force', 'one', 'line', ({ loadHere }) => finite(loadHere)),
      ],
    },
    {
      title: 'Audio that waits',
      unit: ' s',
      least: 5,
      summary: `Queue, up to ${most(({ queuedSeconds }) => queuedSeconds).toFixed(0)} seconds of audio`,
      series: [series('waiting', 'one', 'line', ({ queuedSeconds }) => queuedSeconds)],
    },
    {
      title: 'Rung',
      unit: '',
      least: rungs.length - 1,
      summary: `Rung in force; ${transitions} changes`,
      series: [series('rung', 'one', 'steps', ({ rung }) => rung)],
    },
    {
      title: 'Latency of finals',
      unit: ' s',
      least: 2,
      summary: `Latency of finals, half of them within ${latency.all.p50.toFixed(1)} s`,
      series: [series('longest', 'one', 'line', ({ latencySeconds }) => latencySeconds)],
    },
    {
      title: 'Audio given up',
      unit: ' s',
      least: 1,
      summary: `${fates.all.droppedSeconds.toFixed(0)} s dropped, ${fates.all.spooledSeconds.toFixed(0)} s to disk`,
      series: [
        series('dropped', 'two', 'bars', ({ droppedSeconds }) => droppedSeconds),
        series('to disk', 'one', 'bars', ({ spooledSeconds }) => spooledSeconds),
      ],
    },
  ];
}

type Value = number | undefined;

function finite(value: number): Value {
  return Number.isFinite(value) ? value : undefined;
}

function summaryHtml([name, value]: readonly [string, string]): string {
  return `<tr><th scope="row">${escaped(name)}</th><td>${escaped(value)}</td></tr>`;
}

function decisionsHtml({ decisions, rungs, faults }: SimulationResult): string {
  const name = (rung: number) => escaped(rungs[rung]?.name ?? String(rung));
  const rows = decisions.map(
    ({ atSeconds, to, reason }) =>
      `<tr><td class="time">${clockTime(atSeconds)}</td><td>${name(to)}</td><td>${escaped(reason)}</td></tr>`,
  );
  const wrong = faults.map((fault) => `<p>${escaped(fault)}</p>`).join('');
  if (rows.length === 0) return `<h2>Decisions</h2>${wrong}<p>None: the requested plan was in force all the time.</p>`;
  const head = '<tr><th scope="col">At</th><th scope="col">Rung</th><th scope="col">Why</th></tr>';
  return `<h2>Decisions</h2>${wrong}<table>${head}${rows.join('')}</table>`;
}
