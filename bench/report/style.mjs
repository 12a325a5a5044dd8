/** Of the whole page; light and dark as the reader has it. */
export const STYLE = `
:root{color-scheme:light dark;--paper:#fff;--ink:#1d2126;--faint:#59636e;--frame:#d5dbe1;--shade:#f4f6f8;--link:#0b5cad;--good:#17702f;--bad:#b3202c}
@media (prefers-color-scheme:dark){:root{--paper:#14171a;--ink:#e6e9ec;--faint:#9aa4af;--frame:#343b42;--shade:#1d2226;--link:#7ab8ff;--good:#56cf78;--bad:#ff8a80}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif;overflow-wrap:break-word}
a{color:var(--link)}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:var(--paper);padding:.5rem}
.page{max-width:84rem;margin:0 auto;padding:1.25rem 1rem 4rem}
h1{font-size:1.6rem;line-height:1.2;margin:0 0 .5rem}
h2{font-size:1.2rem;line-height:1.3;margin:0 0 .25rem}
h3{font-size:1rem;margin:1.5rem 0 .5rem}
section{border-top:1px solid var(--frame);margin-top:2rem;padding-top:1.25rem}
p{margin:.25rem 0}
.faint,.where{color:var(--faint);font-size:.875rem}
code{font:.9em ui-monospace,monospace;background:var(--shade);padding:.1em .3em;border-radius:3px}
ul{margin:.25rem 0;padding-left:1.2rem}
.where{list-style:none;padding:0}
.counts{display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;margin:1rem 0;padding:0;list-style:none}
.counts strong{font-size:1.4rem;display:block;line-height:1.2;font-variant-numeric:tabular-nums}
.state{white-space:nowrap;font-weight:600}
.met{color:var(--good)}.not-met{color:var(--bad)}.not-measured,.no-target{color:var(--faint)}
nav h2{font-size:.875rem;color:var(--faint)}
nav ul{list-style:none;padding:0;display:grid;grid-template-columns:repeat(auto-fill,minmax(9rem,1fr));gap:.25rem .75rem;font-size:.875rem}
nav li{display:flex;flex-wrap:wrap;gap:0 .5rem;align-items:baseline}
nav li span{font-size:.75rem}
nav{margin-top:1.5rem}
.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,24rem),1fr));gap:1.5rem;margin:1rem 0;align-items:start}
figure{margin:0}figcaption{font-size:.875rem;color:var(--faint);margin-top:.25rem}
table{border-collapse:collapse;font-size:.875rem;line-height:1.4}
th,td{text-align:left;vertical-align:top;padding:.3rem .9rem .3rem 0;border-bottom:1px solid var(--frame)}
th{font-weight:600;white-space:nowrap}
.number{font-variant-numeric:tabular-nums}
.figures{width:100%;margin:.75rem 0}
.scroll{overflow-x:auto;margin:.5rem 0 1rem;overflow-wrap:normal}
.scroll td{min-width:3rem;max-width:34rem}
details{margin:.35rem 0}
summary{cursor:pointer;font-size:.9rem}
@media (max-width:46rem){
.figures,.figures tbody,.figures tr,.figures td{display:block}
.figures thead{position:absolute;left:-99rem}
.figures tr{border-bottom:1px solid var(--frame);padding:.5rem 0}
.figures td{border:0;padding:0}
.figures td[data-label]::before{content:attr(data-label) ' ';color:var(--faint)}
.figures td:empty{display:none}
}
@media (min-width:70rem){
.page{display:grid;grid-template-columns:13rem minmax(0,1fr);gap:0 2.5rem}
header{grid-column:2}main{grid-column:2}
nav{grid-column:1;grid-row:1 / span 2;position:sticky;top:1rem;align-self:start;max-height:calc(100vh - 2rem);overflow-y:auto;margin:0}
nav ul{grid-template-columns:1fr}
}
@media print{nav,.skip{display:none}}`;
