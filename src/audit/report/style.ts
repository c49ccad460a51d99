/** Text has a contrast of at least 4.5 to 1 on its ground, drawings 3 to 1, in light and in dark. */
export const REPORT_STYLE = `
:root{color-scheme:light dark;--text:#1b1f24;--soft:#57606a;--ground:#fff;--raised:#f6f8fa;--line:#d0d7de;--good:#116329;--bad:#b3160f;--s0:#0f5fc2;--s1:#b64a00;--s2:#7a3aa8;--s3:#20704a}
@media (prefers-color-scheme:dark){:root{--text:#e6edf3;--soft:#9da7b3;--ground:#0d1117;--raised:#161b22;--line:#3d444d;--good:#56d364;--bad:#ff8179;--s0:#6cb0ff;--s1:#ffa657;--s2:#d2a8ff;--s3:#63d197}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem clamp(1rem,4vw,3rem) 3rem;max-width:80rem;font:16px/1.5 system-ui,sans-serif;color:var(--text);background:var(--ground)}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .25rem}
h2{font-size:1.0625rem;line-height:1.3;margin:0 0 .75rem}
p{margin:.25rem 0;max-width:46rem}
header{padding-bottom:1.25rem}
.period{color:var(--soft)}
.state{font-weight:600}
.good{color:var(--good)}.bad{color:var(--bad)}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1rem}
figure,section.wide{margin:0;padding:1rem;border:1px solid var(--line);border-radius:.5rem;background:var(--raised);break-inside:avoid}
section.wide{grid-column:1/-1}
svg{display:block;width:100%;max-width:34rem;height:auto}
svg text{fill:var(--text);font:12px system-ui,sans-serif}
svg .end{text-anchor:end}svg .middle{text-anchor:middle}svg .value{fill:var(--soft)}
.grid{stroke:var(--line);stroke-width:1}
.s0{fill:var(--s0);background:var(--s0)}.s1{fill:var(--s1);background:var(--s1)}.s2{fill:var(--s2);background:var(--s2)}.s3{fill:var(--s3);background:var(--s3)}
rect{stroke:var(--raised);stroke-width:.5}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1rem;list-style:none;margin:0 0 .5rem;padding:0;font-size:.875rem}
.legend span{display:inline-block;width:.75rem;height:.75rem;margin-right:.375rem;border-radius:2px}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(7.5rem,1fr));gap:1rem;margin:0}
.figures div{display:flex;flex-direction:column-reverse;justify-content:flex-end}
.figures dt{color:var(--soft);font-size:.875rem}
.figures dd{margin:0;font-size:1.5rem;font-weight:600;line-height:1.2;font-variant-numeric:tabular-nums}
.numbers{margin-top:2rem}
.scroll{overflow-x:auto;margin:0 0 1.5rem}
.scroll:focus-visible,pre:focus-visible{outline:3px solid var(--s0);outline-offset:2px}
table{border-collapse:collapse;font-size:.875rem}
caption{text-align:left;font-weight:600;padding:.25rem 0}
th,td{border-bottom:1px solid var(--line);padding:.375rem .75rem .375rem 0;text-align:left;vertical-align:top}
th{color:var(--soft);font-weight:600;white-space:nowrap}
td{max-width:28rem;overflow-wrap:anywhere;min-width:3rem}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
footer{margin-top:2.5rem;padding-top:1.25rem;border-top:2px solid var(--line);font-size:.875rem}
footer section{margin-bottom:1.5rem}
.facts{margin:0 0 1rem}
.facts div{display:grid;grid-template-columns:7.5rem 1fr;gap:.75rem;padding:.125rem 0}
.facts dt{color:var(--soft)}
.facts dd{margin:0;overflow-wrap:anywhere}
pre{margin:0;padding:.75rem;white-space:pre-wrap;overflow-wrap:anywhere;background:var(--raised);border:1px solid var(--line);border-radius:.5rem;font-size:.75rem}
@media (max-width:34rem){.facts div{grid-template-columns:1fr;gap:0;padding:.25rem 0}}
@page{size:A4;margin:16mm 14mm}
@media print{:root{--text:#000;--soft:#444;--ground:#fff;--raised:#fff;--line:#bbb;--good:#0b4d1e;--bad:#8f0f0a;--s0:#0f5fc2;--s1:#b64a00;--s2:#7a3aa8;--s3:#20704a}body{max-width:none;padding:0;font-size:10pt}.charts{grid-template-columns:1fr 1fr}.scroll{overflow:visible}table{font-size:8pt;width:100%}thead{display:table-header-group}tr{break-inside:avoid}th,.n{white-space:normal}td{min-width:0;padding-right:.5rem}h2,caption{break-after:avoid}rect,.legend span{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;
