export const STYLE = `
:root {
  --page: #f8f7f4; --card: #ffffff; --ink: #22262b; --quiet: #686e76; --rule: #e2dfd8;
  --first: #b4472e; --other: #a9b4c0; --dot: #22262b; --good: #2f7d4f; --bad: #b4472e;
  --series-0: #b4472e; --series-1: #1f6f8b; --series-2: #8a6d1f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1318; --card: #161b22; --ink: #e6e8ea; --quiet: #8f98a3; --rule: #29313b;
    --first: #ff8f6b; --other: #4c5866; --dot: #e6e8ea; --good: #7fd495; --bad: #ff8f6b;
    --series-0: #ff8f6b; --series-1: #62c5e8; --series-2: #e3c15a;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
header, main, footer { max-width: 1100px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 36px; }
h1 { margin: 0 0 4px; font-size: 28px; letter-spacing: -0.01em; }
h2 { margin: 0 0 4px; font-size: 18px; }
p { margin: 4px 0 12px; color: var(--quiet); max-width: 76ch; }
section { margin: 20px 0; padding: 20px; background: var(--card); border: 1px solid var(--rule); border-radius: 10px; }
.row { display: grid; align-items: center; gap: 12px; font-variant-numeric: tabular-nums; }
.targets .row, .targets .axis { grid-template-columns: minmax(0, 20em) minmax(80px, 1fr) minmax(0, 18em); display: grid; gap: 12px; }
.targets .row { border-top: 1px solid var(--rule); padding: 2px 0; }
.name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
svg { display: block; overflow: visible; }
svg text { fill: var(--quiet); font-size: 11px; }
.goal { stroke: var(--quiet); stroke-dasharray: 2 3; }
.spread { stroke-width: 6; stroke-linecap: round; opacity: 0.4; }
.reached .spread { stroke: var(--good); } .missed .spread { stroke: var(--bad); }
.reached circle { fill: var(--good); } .missed circle { fill: var(--bad); }
.reached b { color: var(--good); } .missed b { color: var(--bad); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 24px 36px; }
figure { margin: 0; min-width: 0; }
figcaption { font-weight: 600; margin-bottom: 4px; }
figcaption small { display: block; font-weight: 400; color: var(--quiet); }
.bars .row { grid-template-columns: 9.5em minmax(60px, 1fr) 3.6em 8em; }
.bars rect { fill: var(--other); } .bars .first rect { fill: var(--first); }
.bars circle { fill: var(--dot); opacity: 0.55; }
.bars .first .name { font-weight: 600; }
.median { text-align: right; }
.ratio i { font-style: normal; color: var(--quiet); font-size: 12px; }
.lines svg { width: 100%; height: auto; }
.grid { stroke: var(--rule); }
polyline { fill: none; stroke-width: 2; }
.series-0 polyline { stroke: var(--series-0); } .series-0 circle, .series-0 text { fill: var(--series-0); }
.series-1 polyline { stroke: var(--series-1); } .series-1 circle, .series-1 text { fill: var(--series-1); }
.series-2 polyline { stroke: var(--series-2); } .series-2 circle, .series-2 text { fill: var(--series-2); }
.failures { border-color: var(--bad); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 8px 0; }
dt { font-weight: 600; } dd { margin: 0; color: var(--quiet); }
footer { padding-bottom: 40px; color: var(--quiet); font-size: 13px; }
@media (max-width: 640px) {
  .targets .row { grid-template-columns: 1fr; gap: 0; }
  .targets .axis { display: block; }
  .bars .row { grid-template-columns: 7em minmax(40px, 1fr) 3.4em; }
  .bars .ratio { grid-column: 2 / -1; }
  .bars .ratio:empty { display: none; }
  dl { grid-template-columns: 1fr; }
}
`
