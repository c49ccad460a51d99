/** Text has a contrast of at least 4.5 to 1 on its ground, drawings 3 to 1, in light and in dark. */
export const REPORT_STYLE = `
:root{color-scheme:light dark;--text:#1b1f24;--soft:#57606a;--ground:#fff;--raised:#f6f8fa;--line:#d0d7de;--good:#116329;--bad:#b3160f;--s0:#174ea6;--s1:#c8620a;--s2:#7b2d9b;--s3:#2a8a5c}
@media (prefers-color-scheme:dark){:root{--text:#e6edf3;--soft:#9da7b3;--ground:#0d1117;--raised:#161b22;--line:#3d444d;--good:#56d364;--bad:#ff8179;--s0:#6cb0ff;--s1:#ffa657;--s2:#d2a8ff;--s3:#63d197}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem clamp(1rem,4vw,3rem) 3rem;max-width:80rem;font:16px/1.5 system-ui,sans-serif;color:var(--text);background:var(--ground)}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .25rem}
h2{font-size:1.0625rem;line-height:1.3;margin:0 0 .75rem}
p{margin:.25rem 0;max-width:46rem}
header{padding-bottom:1.25rem}
a{color:var(--s0)}
nav{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin-top:.75rem}
nav a{padding:.25rem 0}
.soft{color:var(--soft)}
.span{font-weight:600;overflow-wrap:anywhere}
.state{font-weight:600;margin-top:.75rem}
.good{color:var(--good)}.bad{color:var(--bad)}
.charts{columns:26rem;column-gap:1rem}
figure,section.wide{margin:0 0 1rem;padding:1rem;border:1px solid var(--line);border-radius:.5rem;background:var(--raised);break-inside:avoid}
section.wide{column-span:all}
svg{display:block;overflow:visible}
svg text{fill:var(--text);font:13px system-ui,sans-serif}
svg .end{text-anchor:end}svg .middle{text-anchor:middle}svg .value{fill:var(--soft)}
.grid{stroke:var(--line);stroke-width:1}
.s0{fill:var(--s0);background:var(--s0)}.s1{fill:var(--s1);background:var(--s1)}.s2{fill:var(--s2);background:var(--s2)}.s3{fill:var(--s3);background:var(--s3)}
rect{stroke:var(--raised);stroke-width:.5}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1rem;list-style:none;margin:0 0 .5rem;padding:0;font-size:.875rem}
.legend span{display:inline-block;width:.75rem;height:.75rem;margin-right:.375rem;border-radius:2px;forced-color-adjust:none}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(6.75rem,1fr));gap:1rem;margin:0}
.figures div{display:flex;flex-direction:column-reverse;justify-content:flex-end}
.figures dt{color:var(--soft);font-size:.875rem}
.figures dd{margin:0;font-size:1.5rem;font-weight:600;line-height:1.2;font-variant-numeric:tabular-nums}
.numbers{display:flex;flex-wrap:wrap;align-items:flex-start;gap:0 3rem;margin-top:1rem}
.numbers h2{flex-basis:100%}
.numbers table{min-width:14rem}
.scroll{max-width:100%;overflow-x:auto;margin:0 0 1.5rem;background:linear-gradient(90deg,var(--ground) 40%,transparent) 0 0/3rem 100% no-repeat local,linear-gradient(270deg,var(--ground) 40%,transparent) 100% 0/3rem 100% no-repeat local,linear-gradient(90deg,#8888,#8880) 0 0/1rem 100% no-repeat,linear-gradient(270deg,#8888,#8880) 100% 0/1rem 100% no-repeat}
a:focus-visible,.scroll:focus-visible,pre:focus-visible{outline:3px solid var(--s0);outline-offset:2px}
table{border-collapse:collapse;font-size:.875rem}
caption{text-align:left;font-weight:600;padding:.25rem 0}
th,td{border-bottom:1px solid var(--line);padding:.375rem .75rem .375rem 0;text-align:left;vertical-align:top}
th{color:var(--soft);font-weight:600;vertical-align:bottom}
td{white-space:nowrap}
.long{min-width:16rem;max-width:28rem;white-space:normal;overflow-wrap:anywhere}
.n{text-align:right;font-variant-numeric:tabular-nums}
footer{margin-top:2.5rem;padding-top:1.25rem;border-top:2px solid var(--line);font-size:.875rem}
footer section{margin-bottom:1.5rem}
.facts{margin:0 0 1rem}
.facts div{display:grid;grid-template-columns:7.5rem 1fr;gap:.75rem;padding:.125rem 0}
.facts dt{color:var(--soft)}
.facts dd{margin:0;overflow-wrap:anywhere}
pre{margin:0;padding:.75rem;white-space:pre-wrap;overflow-wrap:anywhere;background:var(--raised);border:1px solid var(--line);border-radius:.5rem;font-size:.8125rem}
@media (max-width:34rem){.facts div{grid-template-columns:1fr;gap:0;padding:.25rem 0}}
@page{size:A4;margin:16mm 14mm}@page across{size:A4 landscape}
@media print{:root{color-scheme:light;--text:#000;--soft:#444;--ground:#fff;--raised:#fff;--line:#bbb;--good:#0b4d1e;--bad:#8f0f0a;--s0:#174ea6;--s1:#c8620a;--s2:#7b2d9b;--s3:#2a8a5c}body{max-width:none;padding:0;font-size:10pt}nav{display:none}.charts{columns:2}.numbers{display:block;columns:2;column-gap:2rem}.numbers h2{column-span:all}.scroll:not(:has(tr:nth-child(20))){break-inside:avoid}.scroll{overflow:visible;background:none}table{font-size:8pt;width:100%}thead{display:table-header-group;break-after:avoid}tr{break-inside:avoid}th,td{padding:.15rem .5rem .15rem 0}td{white-space:normal}td.n{white-space:nowrap}.across td{min-width:11mm;overflow-wrap:anywhere}.long{min-width:24mm}.across{page:across}.across table{font-size:7pt}pre{font-size:8pt}h2,caption{break-after:avoid}rect,.legend span{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;
