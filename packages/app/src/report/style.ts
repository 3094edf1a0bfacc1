/** The page's style sheet: quiet greys, so that the only strong colours are those of the clusters. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #fbfbfa; --raised: #ffffff; --ink: #1d1d1b; --soft: #5c5c57; --line: #e1e1dc; --shade: 40 80 120;
  --warn: #fdf4dc; --warn-line: #dcb64f; --opacity: 0.5;
  --sans: ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #131312; --raised: #1b1b1a; --ink: #ecece8; --soft: #a5a59e; --line: #32322f; --shade: 130 170 215;
    --warn: #2b2412; --warn-line: #8a6d1f;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.55 var(--sans); font-variant-numeric: tabular-nums; }
main { max-width: 82rem; margin: 0 auto; padding: clamp(1.25rem, 4vw, 3.5rem) clamp(1rem, 4vw, 3rem) 4rem; }
section { margin-top: clamp(2.5rem, 5vw, 4rem); }
h1, h2, h3 { line-height: 1.2; text-wrap: balance; font-weight: 650; }
h1 { font-size: clamp(1.75rem, 1.3rem + 2vw, 2.75rem); letter-spacing: -0.022em; margin: 0.25rem 0 0.9rem; overflow-wrap: anywhere; }
h2 { font-size: 1.4rem; letter-spacing: -0.012em; margin: 0 0 0.35rem; }
h3 { font-size: 1rem; margin: 0; }
p { margin: 0; }
img { display: block; max-width: 100%; height: auto; }
code, pre { font-family: var(--mono); font-size: 0.9em; }
figure { margin: 0; min-width: 0; }
ul { list-style: none; margin: 0; padding: 0; }
dl, dd { margin: 0; }
bdi { overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
.eyebrow { color: var(--soft); font-size: 0.875rem; letter-spacing: 0.02em; }
.lead { font-size: clamp(1.05rem, 1rem + 0.4vw, 1.25rem); line-height: 1.55; max-width: 46em; text-wrap: pretty; }
nav { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin-top: 1.75rem; font-size: 0.9375rem; }
nav a { color: var(--soft); text-underline-offset: 0.25em; text-decoration-thickness: 1px; padding: 0.25rem 0; }
nav a:hover { color: var(--ink); }
.whole { white-space: nowrap; }
.hint { color: var(--soft); max-width: 46em; text-wrap: pretty; }
.callout { margin: 1.25rem 0 0; padding: 0.8rem 1rem; background: var(--warn); border: 1px solid var(--warn-line); border-radius: 6px; max-width: 58rem; overflow-wrap: anywhere; }
.callout h2 { font-size: 1rem; }
.callout ul { list-style: disc; padding-left: 1.2rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 1.25rem 2rem; margin-top: 2rem; }
.figures > div { border-top: 1px solid var(--ink); padding-top: 0.55rem; }
.figures dt, .note { color: var(--soft); font-size: 0.875rem; line-height: 1.4; }
.figure { display: block; font-size: 1.9rem; line-height: 1.25; font-weight: 600; letter-spacing: -0.02em; white-space: nowrap; }
.note { display: block; }
.swatch { display: inline-block; flex: none; width: 0.95em; height: 0.95em; border-radius: 3px; box-shadow: inset 0 0 0 1px rgb(128 128 128 / 0.55); vertical-align: -0.1em; margin-right: 0.5em; }
.key { display: flex; flex-wrap: wrap; gap: 0.35rem 1.25rem; margin: 0.9rem 0 0; font-size: 0.9375rem; }
.key li { display: flex; align-items: center; min-width: 0; }
.opacity { display: flex; align-items: center; gap: 0.75rem; margin-top: 0.9rem; font-size: 0.9375rem; color: var(--soft); }
.opacity[hidden] { display: none; }
.opacity input { width: 11rem; max-width: 40vw; accent-color: var(--soft); }
.example { margin-top: 1.5rem; padding-top: 0.8rem; border-top: 1px solid var(--line); }
.example h3 { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.15rem 0.75rem; font-weight: 550; margin-bottom: 0.6rem; }
.badge { font-size: 0.8125rem; font-weight: 500; border: 1px solid var(--line); background: var(--raised); border-radius: 99px; padding: 0.1rem 0.6rem; white-space: nowrap; }
.certainty { margin-left: auto; color: var(--soft); font-weight: 400; font-size: 0.875rem; white-space: nowrap; }
.panels { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(0, 1fr); gap: 0.75rem; }
.panels img { width: 100%; max-height: 34rem; object-fit: contain; object-position: left top; border-radius: 3px; }
.panels.enlarged .veil, .panels.enlarged .hatch img { image-rendering: pixelated; }
.panels figcaption { display: flex; flex-wrap: wrap; gap: 0 0.25rem; color: var(--soft); font-size: 0.875rem; margin-top: 0.35rem; }
.hatch img { background: repeating-linear-gradient(45deg, rgb(128 128 128 / 0.42) 0 3px, rgb(128 128 128 / 0.14) 3px 8px); }
.stack { position: relative; }
.stack img + img { position: absolute; inset: 0; height: 100%; }
.veil { opacity: var(--opacity); }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(10.5rem, 100%), 1fr)); gap: 1.5rem 1.25rem; margin-top: 1.25rem; }
.cards h3 { display: flex; align-items: baseline; font-weight: 600; min-width: 0; }
.cards img { width: 100%; border-radius: 4px; }
.share { display: flex; align-items: center; gap: 0.6rem; margin: 0.4rem 0 0.55rem; font-size: 0.875rem; color: var(--soft); }
.bar { display: block; flex: 1; height: 0.5rem; border-radius: 99px; background: var(--line); overflow: hidden; }
.bar > span { display: block; height: 100%; background: var(--soft); }
.empty { color: var(--soft); font-size: 0.875rem; }
.curves { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(17rem, 100%), 1fr)); gap: 2rem 1.75rem; margin-top: 1rem; }
.curves h3 { display: flex; justify-content: space-between; gap: 0.75rem; font-weight: 600; margin-bottom: 0.5rem; }
.curves .now { font-weight: 400; white-space: nowrap; }
.curves svg { display: block; width: 100%; max-width: 27rem; height: auto; }
.curves figcaption { margin-top: 0.4rem; color: var(--soft); font-size: 0.875rem; line-height: 1.4; max-width: 27rem; }
.scroll { overflow-x: auto; margin-top: 1.25rem; }
table { border-collapse: collapse; font-size: 0.9375rem; }
caption { text-align: left; color: var(--soft); padding-bottom: 0.5rem; caption-side: top; }
th, td { text-align: left; padding: 0.4rem 0.8rem; border-bottom: 1px solid var(--line); vertical-align: baseline; }
th:first-child, td:first-child { padding-left: 0; }
thead th { font-weight: 500; color: var(--soft); font-size: 0.875rem; }
tbody th, tfoot th { font-weight: 500; }
.number { text-align: right; white-space: nowrap; }
.scores { width: min(100%, 40rem); }
.scores .wide { width: 40%; }
.scores .bar { min-width: 4rem; }
.confusion td.number { background: rgb(var(--shade) / calc(var(--share, 0) * 0.42)); }
.confusion td.matched { box-shadow: inset 0 0 0 1.5px var(--ink); font-weight: 600; }
.confusion tfoot td, .confusion tfoot th { border-bottom: 0; color: var(--soft); }
.confusion tbody th { white-space: nowrap; }
.tables { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); gap: 0 3rem; align-items: start; }
.settings { width: min(100%, 44rem); table-layout: fixed; }
.settings th { width: 45%; overflow-wrap: anywhere; }
.settings td { overflow-wrap: anywhere; }
.command { margin: 0.75rem 0 0; padding: 0.9rem 1.1rem; background: var(--raised); border: 1px solid var(--line); border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere; }
.facts { display: grid; gap: 0.35rem; margin-top: 1.1rem; font-size: 0.9375rem; }
.facts > div { display: grid; grid-template-columns: 7rem minmax(0, 1fr); gap: 1rem; }
.facts dt { color: var(--soft); }
@media (max-width: 42rem) {
  .panels { grid-auto-flow: row; grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .panels figure:last-child:nth-child(odd) { grid-column: 1 / -1; }
  .example .certainty { margin-left: 0; }
  .cards { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1.5rem 1rem; }
  .figures { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1.25rem 1rem; }
  .facts > div { grid-template-columns: 1fr; gap: 0; margin-bottom: 0.4rem; }
}
@media print { * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } .opacity { display: none; } .example, .cards li, .curves figure { break-inside: avoid; } }
`;
