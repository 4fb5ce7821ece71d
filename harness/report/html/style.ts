/** The page's whole style. Colours are variables, so that light and dark differ in one place, the chart's too. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --ink: #1a2029; --soft: #586374; --line: #dde2e9; --sunk: #f1f3f6;
  --good: #12703f; --good-fill: #e2f5ea; --odd: #85520a; --odd-fill: #fdf1dc;
  --bad: #b3202c; --bad-fill: #fde5e6; --none-fill: #eceff3;
  --accent: #2c5fd0; --area: #2c5fd033; --band: #b3202c1c; --mark: #ffe3a8; --mark-ink: #4d3200;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1318; --card: #181e26; --ink: #e7ebf1; --soft: #9ba7b7; --line: #2c3542; --sunk: #12171e;
    --good: #5fd394; --good-fill: #123322; --odd: #f0b65a; --odd-fill: #382a10;
    --bad: #ff858c; --bad-fill: #45181c; --none-fill: #222a34;
    --accent: #83aaff; --area: #83aaff40; --band: #ff858c2b; --mark: #5c4508; --mark-ink: #ffe6b0;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main, header.top, footer { max-width: 1240px; margin: 0 auto; padding: 0 24px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0; letter-spacing: -.01em; }
h2 { font-size: 19px; margin: 40px 0 12px; letter-spacing: -.005em; }
h3 { font-size: 17px; margin: 0; }
h4 { font-size: 15px; margin: 0; }
p { margin: 6px 0; }
a { color: inherit; text-decoration-color: var(--soft); text-underline-offset: 2px; }
a:focus-visible, summary:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
code, pre, .mono { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .87em; }
.soft { color: var(--soft); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 18px 20px; margin: 14px 0; }
.scroll { overflow-x: auto; }
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

header.top { padding-top: 32px; }
.headline { display: flex; gap: 16px; align-items: center; flex-wrap: wrap; }
.verdict { font-weight: 700; border-radius: 8px; padding: 6px 14px; border: 2px solid currentColor; font-size: 20px; }
.small { font-size: 12px; padding: 0 8px; border-width: 1px; border-radius: 999px; white-space: nowrap; }
.good { color: var(--good); background: var(--good-fill); } .odd { color: var(--odd); background: var(--odd-fill); }
.bad { color: var(--bad); background: var(--bad-fill); } .none { color: var(--soft); background: var(--none-fill); }
.tiles { display: flex; flex-wrap: wrap; gap: 12px; margin: 20px 0 0; padding: 0; list-style: none; }
.tiles li { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 10px 16px; min-width: 130px; flex: 1; }
.tiles strong { display: block; font-size: 21px; line-height: 1.3; font-variant-numeric: tabular-nums; }
.tiles span { color: var(--soft); font-size: 13px; }
.early { border-left: 4px solid var(--bad); }
pre.command { background: var(--sunk); border: 1px solid var(--line); border-radius: 8px; padding: 10px 14px; margin: 8px 0; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }

table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; vertical-align: top; padding: 8px 10px; border-bottom: 1px solid var(--line); }
thead th { font-size: 13px; color: var(--soft); font-weight: 600; white-space: nowrap; }
tbody tr:last-child > * { border-bottom: 0; }
.matrix { border-collapse: separate; border-spacing: 4px; min-width: 860px; table-layout: fixed; }
.matrix th, .matrix td { border: 0; }
.matrix thead th { padding: 2px 10px; white-space: normal; }
.matrix thead th:first-child { width: 24%; padding-left: 0; }
.matrix tbody th { font-weight: 400; padding-left: 0; }
.matrix tbody th b { display: block; }
.matrix td { border-radius: 8px; border: 2px solid transparent; padding: 7px 9px; overflow-wrap: break-word; }
.matrix td b { display: block; font-size: 14px; color: var(--ink); line-height: 1.35; }
.matrix td small { display: block; font-size: 12px; color: var(--soft); }
.matrix td.bad { border-color: var(--bad); }
.matrix td.hatched { border: 2px dashed var(--soft); }
.matrix td a { display: block; color: inherit; text-decoration: none; }
.matrix td a:hover b { text-decoration: underline; }
.matrix td.absent { background: none; color: var(--soft); text-align: center; }
.sign { font-weight: 700; display: inline-block; width: 1.2em; }
.legend { display: flex; flex-wrap: wrap; gap: 8px 20px; padding: 0; margin: 10px 0 0; list-style: none; font-size: 13px; color: var(--soft); }
.legend i { display: inline-block; width: 22px; border-radius: 5px; text-align: center; font-style: normal; font-weight: 700; margin-right: 6px; }

.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 520px), 1fr)); gap: 14px; }
.charts figure { margin: 0; max-width: 760px; }
figcaption { display: flex; justify-content: space-between; gap: 12px; align-items: baseline; margin-bottom: 6px; }
svg { display: block; width: 100%; height: auto; }
svg text { font: 12px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: var(--ink); }
svg .quiet { fill: var(--soft); font-size: 11px; } svg .fault-label { fill: var(--bad); font-size: 11px; font-weight: 600; }
svg .lane { fill: var(--sunk); } svg .area { fill: var(--area); } svg .edge { fill: none; stroke: var(--accent); stroke-width: 1.6; stroke-linejoin: round; }
svg .band { fill: var(--band); } svg .bound { stroke: var(--bad); stroke-width: 1.2; stroke-dasharray: 3 3; } svg .open { stroke: var(--bad); stroke-width: 2; }
svg .peak { fill: var(--accent); } svg .grid { stroke: var(--line); }

.mode > .head { display: flex; gap: 12px; align-items: baseline; flex-wrap: wrap; }
.step { border-top: 1px solid var(--line); margin-top: 16px; padding-top: 14px; }
.evidence { display: grid; grid-template-columns: minmax(0, 2fr) minmax(0, 1fr); gap: 8px 28px; background: var(--sunk); border-radius: 8px; padding: 10px 14px; margin: 10px 0; }
.evidence dl { display: grid; grid-template-columns: auto auto; gap: 0 14px; margin: 0; font-size: 13px; align-content: start; }
.evidence dt { color: var(--soft); } .evidence dd { margin: 0; font-variant-numeric: tabular-nums; text-align: right; }
@media (max-width: 760px) { .evidence { grid-template-columns: 1fr; } .evidence dd { text-align: left; } }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
td.nowrap { white-space: nowrap; }
details { margin: 10px 0; border: 1px solid var(--line); border-radius: 8px; }
summary { cursor: pointer; padding: 9px 14px; font-weight: 600; }
details > .body { padding: 0 14px 6px; }
.finding { border-top: 1px solid var(--line); padding: 14px 0; }
.finding .head { display: flex; gap: 10px; align-items: baseline; flex-wrap: wrap; }
.hops { display: flex; flex-wrap: wrap; gap: 4px 8px; align-items: center; font-size: 13px; margin: 8px 0; padding: 0; list-style: none; }
.hops li { border: 1px solid var(--line); border-radius: 6px; padding: 2px 9px; background: var(--sunk); }
.hops li.arrow { border: 0; background: none; padding: 0; color: var(--soft); }
.hops li.broken { border-color: var(--bad); color: var(--bad); font-weight: 700; background: var(--bad-fill); }
.rows { margin: 8px 0; }
.rows th, .rows td { padding: 4px 10px; overflow-wrap: anywhere; }
.rows thead th { border-bottom: 2px solid var(--line); }
.rows tbody th { font-weight: 400; color: var(--soft); white-space: nowrap; }
.rows tr.differs td { background: var(--mark); color: var(--mark-ink); font-weight: 700; }
.rows tr.differs th { font-weight: 700; color: var(--ink); }
.rows .null, .rows .gone { font-style: italic; color: var(--soft); font-weight: 400; }
.rows tr.differs .null { color: inherit; }
.rows td.gone { text-align: center; vertical-align: middle; border: 2px dashed var(--line); border-radius: 8px; }
.advice { border-left: 3px solid var(--accent); padding: 4px 12px; margin: 10px 0 2px; background: var(--sunk); border-radius: 0 6px 6px 0; }
footer { padding-top: 24px; padding-bottom: 40px; color: var(--soft); font-size: 13px; }
@media print { body { background: none; } .card, details { break-inside: avoid; } }
`;
